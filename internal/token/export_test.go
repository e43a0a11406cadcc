package token

// Graft returns a well-formed token with the id and another token's secret.
func Graft(s Secret, id string) Secret {
	body := prefix + id + string(s[len(prefix)+idLen:bodyLen])
	return Secret(body + checksum(body))
}

// WaitIdle returns when no last-used time waits to be written behind the requests' backs.
func (s *Service) WaitIdle() { s.flusher.done.Wait() }
