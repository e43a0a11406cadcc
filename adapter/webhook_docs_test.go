package adapter_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// What the receivers of these tests verify by is what docs/alarms.md tells people to.
func TestDocumentedVerification(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/alarms.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("webhook_test.go")
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("(?ms)^```go\nfunc verify(.*?)^```$").FindSubmatch(page)
	if example == nil || !strings.Contains(string(source), "func verifyNotice"+string(example[1])) {
		t.Error("the page's verify is not verifyNotice")
	}
}
