package members_test

import (
	"os"
	"testing"

	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

func TestMain(m *testing.M) { os.Exit(tck.Main(m)) }
