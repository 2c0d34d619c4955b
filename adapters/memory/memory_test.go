package memory_test

import (
	"testing"

	"tavoli/adapters/memory"
	"tavoli/domain"
	"tavoli/tests/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(_ testing.TB, o storetest.Options) domain.Store { return memory.New(o.Now) })
}

func TestImport(t *testing.T) {
	storetest.RunImport(t, func(_ testing.TB, o storetest.Options) domain.Store { return memory.New(o.Now) })
}

func TestKeys(t *testing.T) {
	storetest.RunKeys(t, func(testing.TB) domain.Keys { return memory.NewKeys() })
}
