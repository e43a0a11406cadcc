package meter

import "encoding/binary"

// appendSLEB appends a signed LEB128 number.
func appendSLEB(b []byte, v int64) []byte {
	for {
		c := byte(v) & 0x7f
		v >>= 7
		if v == 0 && c&0x40 == 0 || v == -1 && c&0x40 != 0 {
			return append(b, c)
		}
		b = append(b, c|0x80)
	}
}

func appendName(b []byte, name string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(name))), name...)
}

func appendIndexed(b []byte, op byte, index []byte) []byte {
	return append(append(b, op), index...)
}

// putLEB5 writes v as an unsigned number of exactly 5 bytes.
func putLEB5(b []byte, v uint32) {
	for i := range 5 {
		b[i] = byte(v>>(7*i))&0x7f | 0x80
	}
	b[4] &= 0x7f
}
