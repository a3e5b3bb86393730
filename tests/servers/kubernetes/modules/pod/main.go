// The only program of small pods. As `pod PORT ...` it accepts connections and ends at SIGTERM; as
// `pod dial HOST:PORT ...` it prints the addresses that it can connect to.
package main

import (
	"fmt"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

const patience = 3 * time.Second

func main() {
	if len(os.Args) > 1 && os.Args[1] == "dial" {
		dial(os.Args[2:])
		return
	}
	for _, port := range os.Args[1:] {
		listener, err := net.Listen("tcp", ":"+port)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		go accept(listener)
	}
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGCHLD)
	for received := range signals {
		if received != syscall.SIGCHLD {
			return
		}
		reap()
	}
}

func accept(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		connection.Close()
	}
}

// reap collects the processes that others have left to the first one.
func reap() {
	for {
		if pid, _ := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 {
			return
		}
	}
}

func dial(addresses []string) {
	var group sync.WaitGroup
	for _, address := range addresses {
		group.Go(func() {
			if connection, err := net.DialTimeout("tcp", address, patience); err == nil {
				connection.Close()
				fmt.Println(address)
			}
		})
	}
	group.Wait()
}
