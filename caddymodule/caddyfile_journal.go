package caddymodule

// readJournal reads the block journal of a tenant:
//
//	journal {
//		keep <duration>|forever
//	}
func (t *Tenant) readJournal(l line) error {
	if err := l.args(); err != nil {
		return err
	}
	t.Journal = new(Journal)
	return readBlock(l.Dispenser, "journal",
		option{usage: "keep <duration>|forever", read: func(l line) error {
			var value string
			if err := l.args(&value); err != nil {
				return err
			}
			if value == "forever" {
				t.Journal.Keep = -1
				return nil
			}
			return l.duration(value, &t.Journal.Keep)
		}},
	)
}
