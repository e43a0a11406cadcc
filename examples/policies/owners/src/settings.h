/* The JSON Schema of the settings. */
static const char settings[] =
	"{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"object\",\"additionalProperties\":false,"
	"\"anyOf\":[{\"required\":[\"user_types\"]},{\"required\":[\"roles\"]},{\"required\":[\"user_names\"]}],"
	"\"properties\":{"
	"\"user_types\":{\"title\":\"User types\",\"description\":\"Whoever has one of these as userType is an owner.\","
	"\"$ref\":\"#/$defs/names\"},"
	"\"roles\":{\"title\":\"Roles\",\"description\":\"Whoever has one of these among the values of roles is an owner.\","
	"\"$ref\":\"#/$defs/names\"},"
	"\"user_names\":{\"title\":\"User names\",\"description\":\"These users are owners.\",\"$ref\":\"#/$defs/names\"},"
	"\"instead\":{\"title\":\"What happens to the account\",\"enum\":[\"suspend\",\"deactivate\",\"nothing\"],"
	"\"default\":\"suspend\"}},"
	"\"$defs\":{\"names\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":100,"
	"\"items\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":200}}}}";
