// Package pages is what people see in a browser: HTML made on the server, usable
// without JavaScript, in the style of Italian public bodies (Bootstrap Italia).
//
// A page is a client of the API like any other: it asks in the visitor's name, by
// the same routes, under the same rules, and shows what it is answered. So nothing
// can be done on a page that the API does not do, and what the API records of a
// look at personal values is recorded of a page, too. ADR 15 says why.
//
// Read pages.go for the list of pages, visit.go for who looks at one, api.go for
// how it is asked for. Each page is a handler and a template named alike.
package pages
