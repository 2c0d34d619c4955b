package main

import (
	"context"
	"flag"
	"runtime"
	"runtime/debug"
)

func versionCommand() command {
	return command{"version", "", "la versione del programma · the version of the program", func(fs *flag.FlagSet) action {
		asJSON := fs.Bool("json", false, "risponde in JSON · answer in JSON")
		return func(_ context.Context, p *program, _ []string) error {
			built := revision()
			if *asJSON {
				return p.printJSON(map[string]string{"version": version, "revision": built, "go": runtime.Version()})
			}
			return p.printf("tavoli %s %s %s\n", version, built, runtime.Version())
		}
	}}
}

// revision returns the commit the program was built from, as far as it is known.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return "unknown"
}
