package caddymodule_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

var fenced = regexp.MustCompile("(?ms)^```caddyfile\n(.*?)^```$")

// Every Caddyfile in the documentation is one, and the README's is the one of the root folder.
func TestCaddyfilesInTheDocumentation(t *testing.T) {
	files, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := 0
	for _, file := range append(files, "../README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range fenced.FindAllStringSubmatch(string(text), -1) {
			blocks++
			got, err := adapt(t, file, block[1])
			if err != nil {
				t.Errorf("%s: %v in\n%s", file, err, block[1])
				continue
			}
			if filepath.Base(file) != "README.md" {
				continue
			}
			root, err := os.ReadFile("../Caddyfile")
			if err != nil {
				t.Fatal(err)
			}
			want, err := adapt(t, "../Caddyfile", string(root))
			if err != nil {
				t.Fatal(err)
			}
			if indented(t, got) != indented(t, want) {
				t.Errorf("the README's Caddyfile says\n%s\nthe root folder's says\n%s", indented(t, got), indented(t, want))
			}
		}
	}
	if blocks == 0 {
		t.Error("no Caddyfile found in the documentation")
	}
}
