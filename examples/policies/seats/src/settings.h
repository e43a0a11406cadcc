/* The JSON Schema of the settings. */
static const char settings[] =
	"{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"object\",\"additionalProperties\":false,"
	"\"properties\":{"
	"\"when_full\":{\"title\":\"When all seats are taken\",\"enum\":[\"deny\",\"hold\"],\"default\":\"deny\"},"
	"\"grace\":{\"title\":\"Seats beyond the limit\",\"description\":\"How many users more may come before anybody is denied or held.\","
	"\"type\":\"integer\",\"minimum\":0,\"maximum\":1000000,\"default\":0},"
	"\"message\":{\"title\":\"What to do about it\",\"description\":\"Shown after the count to the identity provider's administrator, or to the approver.\","
	"\"type\":\"string\",\"maxLength\":400},"
	"\"expires_in\":{\"title\":\"Seconds to answer\",\"description\":\"After how many seconds a question that nobody has answered counts as rejected.\","
	"\"type\":\"integer\",\"minimum\":60,\"maximum\":7776000}},"
	"\"dependentSchemas\":{\"expires_in\":{\"properties\":{\"when_full\":{\"const\":\"hold\"}},\"required\":[\"when_full\"]}}}";
