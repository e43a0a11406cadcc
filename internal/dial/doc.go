// Package dial opens connections to the hosts that a configuration names, and to nowhere that such a name has no
// business to lead to.
//
// A URL that was checked says little about where the connection goes: a name resolves to whatever its owner's DNS server
// answers at that moment. So the address is checked, after resolution and for each connection, and the connection is
// made to the very address that was checked.
package dial
