package web

import "reflect"

// typ and typeOf keep the tables readable.
type typ = reflect.Type

func typeOf[T any]() typ { return reflect.TypeFor[T]() }
