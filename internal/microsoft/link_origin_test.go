package microsoft

import "testing"

// TestNextLinkOrigin: a next link is compared as a URL, so that the default
// port and the case of letters make no other host of ours, and nothing else
// does for ours.
func TestNextLinkOrigin(t *testing.T) {
	t.Parallel()
	const path = pathDetections
	for link, want := range map[string]bool{
		"https://graph.microsoft.com" + path + "?$skiptoken=x":     true,
		"https://graph.microsoft.com:443" + path + "?$skiptoken=x": true,
		"https://GRAPH.Microsoft.com" + path + "?$skiptoken=x":     true,
		"HTTPS://Graph.microsoft.com:443" + path:                   true,
		"https://graph.microsoft.com:444" + path:                   false,
		"https://graph.microsoft.com:4430" + path:                  false,
		"https://graph.microsoft.com:" + path:                      false,
		"https://graph.microsoft.com.:443" + path:                  false,
		"https://graph.microsoft.com:443:443" + path:               false,
		"http://graph.microsoft.com:443" + path:                    false,
		"https://graph.microsoft.com.evil:443" + path:              false,
		"https://evil:443" + path:                                  false,
		"https://gra\u03c1h.microsoft.com" + path:                  false,
		"https://graph.mi\u212arosoft.com" + path:                  false,
		"https://graph.micro\u017foft.com" + path:                  false,
		"https://a@graph.microsoft.com:443" + path:                 false,
		"https://graph.microsoft.com:443@evil" + path:              false,
		"https://GRAPH.microsoft.com:443/V1.0/x":                   false,
	} {
		w := walker{hosts: []string{"graph.microsoft.com"}, path: path}
		if _, err := w.follow(link); (err == nil) != want {
			t.Errorf("%s: %v", link, err)
		}
	}
	w := walker{hosts: []string{"127.0.0.1:8443"}, path: path}
	if _, err := w.follow("https://127.0.0.1" + path); err == nil {
		t.Error("a link without our port was followed")
	}
	if _, err := w.follow("https://127.0.0.1:443" + path); err == nil {
		t.Error("a link to another port was followed")
	}
}

// A page that is named in two ways is still the same page.
func TestNextLinkLoopInDisguise(t *testing.T) {
	t.Parallel()
	w := walker{hosts: []string{"graph.microsoft.com"}, path: pathDetections}
	if _, err := w.follow("https://graph.microsoft.com" + pathDetections + "?$skiptoken=x"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.follow("https://GRAPH.microsoft.com:443" + pathDetections + "?$skiptoken=x"); err == nil {
		t.Error("the same page was read twice")
	}
}
