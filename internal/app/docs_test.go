package app

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

func readPage(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// What the pages tell people to put into cordon.yaml is read without a word.
func TestPagesShowGoodConfigurations(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"README.md", "docs/reference/config.md", "docs/reference/partners.md"} {
		blocks := yamlBlock.FindAllStringSubmatch(readPage(t, name), -1)
		if len(blocks) == 0 {
			t.Errorf("%s shows no configuration", name)
		}
		for _, b := range blocks {
			if _, err := parseConfig(name, []byte(b[1])); err != nil {
				t.Error(err)
			}
		}
	}
}

// Every key of cordon.yaml stands in the reference.
func TestEveryKeyIsInTheReference(t *testing.T) {
	t.Parallel()
	written := readPage(t, "docs/reference/config.md")
	for _, key := range keys(reflect.TypeFor[Config]()) {
		if !regexp.MustCompile("[`.]" + key + "\\b").MatchString(written) {
			t.Errorf("the key %s is not in docs/reference/config.md", key)
		}
	}
}

// keys returns the keys of a configuration type, without those above them.
func keys(typ reflect.Type) (all []string) {
	for typ.Kind() == reflect.Slice || typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct {
		return nil
	}
	for i := range typ.NumField() {
		key, _, _ := strings.Cut(typ.Field(i).Tag.Get("yaml"), ",")
		if key != "" {
			all = append(all, key)
		}
		all = append(all, keys(typ.Field(i).Type)...)
	}
	return all
}
