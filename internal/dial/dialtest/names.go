// Package dialtest lets tests say where names lead, by a DNS server that is part of the test.
package dialtest

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
)

// Names is a DNS server that says where names lead. The zero value knows none. It is safe for concurrent use.
type Names struct {
	mu    sync.Mutex
	leads map[string][]netip.Addr
}

// Lead sets the addresses of a name, from the next question on.
func (n *Names) Lead(name string, to ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.leads == nil {
		n.leads = map[string][]netip.Addr{}
	}
	n.leads[name] = nil
	for _, addr := range to {
		n.leads[name] = append(n.leads[name], netip.MustParseAddr(addr))
	}
}

// Resolver returns a resolver that asks n and nobody else.
func (n *Names) Resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go n.serve(server)
		return client, nil
	}}
}

// serve answers questions as DNS over TCP has them, RFC 1035 section 4.
func (n *Names) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	for {
		var size [2]byte
		if _, err := io.ReadFull(conn, size[:]); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(conn, query); err != nil {
			return
		}
		var labels []string
		at := 12
		for query[at] != 0 {
			labels = append(labels, string(query[at+1:at+1+int(query[at])]))
			at += 1 + int(query[at])
		}
		question := query[12 : at+5]
		kind := binary.BigEndian.Uint16(query[at+1:])
		var answers []byte
		count := uint16(0)
		n.mu.Lock()
		leads, known := n.leads[strings.ToLower(strings.Join(labels, "."))]
		n.mu.Unlock()
		for _, addr := range leads {
			if (kind == 1) != addr.Is4() || kind != 1 && kind != 28 {
				continue
			}
			data := addr.AsSlice()
			answers = append(answers, 0xc0, 12)
			answers = binary.BigEndian.AppendUint16(answers, kind)
			answers = append(answers, 0, 1, 0, 0, 0, 0, 0, byte(len(data)))
			answers = append(answers, data...)
			count++
		}
		flags := uint16(0x8180)
		if !known {
			flags |= 3 // no such name
		}
		reply := append([]byte{}, query[:2]...)
		reply = binary.BigEndian.AppendUint16(reply, flags)
		reply = append(reply, 0, 1)
		reply = binary.BigEndian.AppendUint16(reply, count)
		reply = append(reply, 0, 0, 0, 0)
		reply = append(append(reply, question...), answers...)
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...)); err != nil {
			return
		}
	}
}
