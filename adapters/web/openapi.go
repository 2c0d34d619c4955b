package web

// document returns the OpenAPI document of a table.
func document(routes []route, version string) []byte {
	_ = routes
	return encode(map[string]any{"openapi": "3.1.0", "info": map[string]any{"title": "Tavoli", "version": version}, "paths": map[string]any{}})
}
