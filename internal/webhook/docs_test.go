package webhook_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// The shell lines of docs/alarms.md make the signature that is sent.
func TestDocumentedShell(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"sh", "openssl", "od", "tr"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("there is no %s on this machine", tool)
		}
	}
	page, err := os.ReadFile("../../docs/alarms.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile("(?ms)^```sh\n(.*?)^```$").FindSubmatch(page)
	if lines == nil {
		t.Fatal("the page has no shell lines")
	}
	var header http.Header
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { header = r.Header }))
	defer srv.Close()
	const body = `{"type":"alarm.raised","data":{"text":"33 of 63 requests failed (52%)"}}`
	if got := sender(t, srv.URL).Send(t.Context(), "0199f0a2", []byte(body)); !got.Taken {
		t.Fatalf("it came to %+v", got)
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", string(lines[1]))
	cmd.Env = append(os.Environ(), "SECRET="+secret(), "ID=0199f0a2", "TIME="+header.Get("webhook-timestamp"), "BODY="+body)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got, want := "v1,"+strings.TrimSpace(string(out)), header.Get("webhook-signature"); got != want {
		t.Errorf("the page's lines make %s, sent was %s", got, want)
	}
}
