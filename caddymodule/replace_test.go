package caddymodule

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReplace(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("of the file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SCIM_TEST", "{of} the environment")
	t.Setenv("SCIM_TEST_EMPTY", "")
	for in, want := range map[string]string{
		"":                                  "",
		"plain":                             "plain",
		"{env.SCIM_TEST}":                   "{of} the environment", // what is put in is not read again
		"a {env.SCIM_TEST} b":               "a {of} the environment b",
		"{file." + file + "}":               "of the file",
		`\{env.SCIM_TEST\}`:                 "{env.SCIM_TEST}",
		"{env.SCIM_TEST_EMPTY}":             "error: the environment variable SCIM_TEST_EMPTY is not set or empty",
		"{env.SCIM_TEST_NONE}":              "error: the environment variable SCIM_TEST_NONE is not set or empty",
		"{file.}":                           "error: the file  cannot be read or is empty",
		"{userName}":                        `error: it has a placeholder that is none of {env.*} and {file.*}; write \{ for a brace`,
		"s3cret{http.request.uri}s3cret":    `error: it has a placeholder that is none of {env.*} and {file.*}; write \{ for a brace`,
		strings.Repeat("{", 200) + "s3cret": "error: too many unclosed placeholders",
	} {
		got, err := replace(in)
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != want {
			t.Errorf("%.60q: got %q, want %q", in, got, want)
		}
	}
}
