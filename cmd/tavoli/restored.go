package main

import (
	"context"
	"flag"

	"tavoli/adapters/esdb"
)

func restoredCommand() command {
	return command{"restored", "", "dice all'archivio su EventStoreDB che è stato ripristinato da una copia · tells the store on EventStoreDB that it was restored from a backup", func(fs *flag.FlagSet) action {
		store := fs.String("store", "", "l'`archivio` ripristinato, esdb://nodo:2113 · the store that was restored")
		asJSON := fs.Bool("json", false, "risponde in JSON · answer in JSON")
		return func(ctx context.Context, p *program, _ []string) error {
			if !onServers(*store) {
				return usageError("tavoli restored: --store è l'indirizzo di un EventStoreDB, esdb://nodo:2113; un registro in una cartella si ripristina con tavoli restore · --store is the address of an EventStoreDB; a register in a folder is restored by tavoli restore")
			}
			id, err := esdb.RaiseEpoch(ctx, *store, esdb.Options{Now: p.now, Log: p.quietLog()})
			if err != nil {
				return storeFault(err)
			}
			if *asJSON {
				return p.printJSON(map[string]any{"store": id.ID, "epoch": id.Epoch})
			}
			return p.printf("registro %[1]s, epoca %[2]d: posizioni e istantanee di prima non valgono più · positions and snapshots of before count no longer\n", id.ID, id.Epoch)
		}
	}}
}
