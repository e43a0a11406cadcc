// Command sentences lists the normative sentences of a standard by the ids that docs/conformance.md gives them. With that
// page it lists only those that the page lacks, and fails where there are any.
//
//	go run ./internal/docs/conformance/sentences 7644 rfc7644.txt [docs/conformance.md]
package main

import (
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/caddy-scim/caddy-scim/internal/docs/conformance"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) < 3 || len(os.Args) > 4 {
		log.Fatal("usage: sentences STANDARD FILE [PAGE]")
	}
	has := map[string]bool{}
	if len(os.Args) == 4 {
		page, err := conformance.Parse(read(os.Args[3]))
		if err != nil {
			log.Fatal(err)
		}
		for _, r := range page.Rows {
			has[r.ID.String()] = true
		}
		for _, o := range page.Others {
			has[o.ID.String()] = true
		}
	}
	list := conformance.Sentences(read(os.Args[2]))
	lacks := 0
	for _, s := range list {
		id := fmt.Sprintf("%s-%s-%d", os.Args[1], s.Section, s.Number)
		if !has[id] {
			fmt.Println(id + "\t" + s.Text)
			lacks++
		}
		delete(has, id)
	}
	if len(os.Args) < 4 {
		return
	}
	for id := range has {
		if strings.HasPrefix(id, os.Args[1]+"-") {
			fmt.Println(id + "\tis on the page and not in the standard")
			lacks++
		}
	}
	if lacks > 0 {
		log.Fatalf("%d sentences differ", lacks)
	}
	fmt.Printf("all %d sentences are on the page\n", len(list))
}

func read(file string) string {
	text, err := os.ReadFile(file) //nolint:gosec // whoever calls it names the file
	if err != nil {
		log.Fatal(err)
	}
	return string(text)
}
