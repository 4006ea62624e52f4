package clients

import (
	"errors"
	"fmt"
	"os"
	"testing"

	khttp "github.com/microsoft/kiota-http-go"
	core "github.com/microsoftgraph/msgraph-sdk-go-core"
	auth "github.com/microsoftgraph/msgraph-sdk-go-core/authentication"
	"github.com/microsoftgraph/msgraph-sdk-go/identityprotection"
	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"
	"github.com/microsoftgraph/msgraph-sdk-go/policies"
	"github.com/microsoftgraph/msgraph-sdk-go/security"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

const (
	usersPath      = "/v1.0/users"
	detectionsPath = "/v1.0/identityProtection/riskDetections"
	defaultsPath   = "/v1.0/policies/identitySecurityDefaultsEnforcementPolicy"
)

// A graph is Microsoft's SDK before one simulator: its request builders and
// models on its core. The client that ties all builders together is left out,
// because it compiles those of every product: it is these few lines.
type graph struct {
	adapter *core.GraphRequestAdapterBase
	base    map[string]string
}

func (g graph) Users() *users.UsersRequestBuilder {
	return users.NewUsersRequestBuilderInternal(g.base, g.adapter)
}

func (g graph) Policies() *policies.PoliciesRequestBuilder {
	return policies.NewPoliciesRequestBuilderInternal(g.base, g.adapter)
}

func (g graph) Security() *security.SecurityRequestBuilder {
	return security.NewSecurityRequestBuilderInternal(g.base, g.adapter)
}

func (g graph) IdentityProtection() *identityprotection.IdentityProtectionRequestBuilder {
	return identityprotection.NewIdentityProtectionRequestBuilderInternal(g.base, g.adapter)
}

// graph signs the first tenant's app in. Beyond host and CA, all is the SDK's default.
func (s *simulator) graph() graph {
	s.t.Helper()
	me := s.Tenants[0]
	provider, err := auth.NewAzureIdentityAuthenticationProviderWithScopesAndValidHosts(
		s.secretCredential(me.ID, me.ClientID, me.ClientSecret), []string{graphScope}, []string{"127.0.0.1"})
	if err != nil {
		s.t.Fatal(err)
	}
	options := core.GraphClientOptions{GraphServiceLibraryVersion: "1.101.0"}
	client := core.GetDefaultClient(&options)
	client.Transport = khttp.NewCustomTransportWithParentTransport(s.http.Transport, core.GetDefaultMiddlewaresWithOptions(&options)...)
	adapter, err := core.NewGraphRequestAdapterBaseWithParseNodeFactoryAndSerializationWriterFactoryAndHttpClient(provider, options, nil, nil, client)
	if err != nil {
		s.t.Fatal(err)
	}
	adapter.SetBaseUrl(s.GraphURL + "/v1.0")
	return graph{adapter, map[string]string{"baseurl": adapter.GetBaseUrl()}}
}

// code returns the code of an answer that the SDK could read as an error.
func code(err error) (status int, code string) {
	var odata *odataerrors.ODataError
	if !errors.As(err, &odata) || odata.GetErrorEscaped() == nil || odata.GetErrorEscaped().GetCode() == nil {
		return 0, ""
	}
	return odata.ResponseStatusCode, *odata.GetErrorEscaped().GetCode()
}

// modelled skips the test, aloud, when the simulator says that it lacks something.
func modelled(t *testing.T, err error) {
	t.Helper()
	if _, c := code(err); c == "SimulatorNotModelled" {
		fmt.Fprintf(os.Stderr, "skipped: %s - NOT MODELLED: %v\n", t.Name(), err) // what is skipped is not shown without -v
		t.Skip("not modelled")
	}
	if err != nil {
		t.Fatal(err)
	}
}
