// Package site serves the pages that the workloads of HTTP clients fetch: each
// answer comes after a set delay, and what the clients do is counted.
package site

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strconv"
	"time"

	"github.com/valyala/fasthttp"

	"loombench/internal/load"
	"loombench/internal/protocol"
)

// A Server serves the site of one case on a port of its own, so that the counts of
// the cases stay apart.
type Server struct {
	id       string
	listener net.Listener
	http     *fasthttp.Server
	counter  *counter
	pages    []page
	delay    int64
	now      func() int64
	timers   *load.TimerQueue
}

// Run serves every site until ctx is cancelled. It reports the ports first, and
// what was counted at the end.
func Run(ctx context.Context, request protocol.SiteRequest, records *protocol.Writer) error {
	ports := make(map[string]int)
	var servers []*Server
	for _, site := range request.Sites {
		server, err := Start(site)
		if err != nil {
			return err
		}
		defer server.Close()
		ports[site.ID] = server.Port()
		servers = append(servers, server)
	}
	if err := records.Write(protocol.SiteListening{Ports: ports}); err != nil {
		return err
	}
	<-ctx.Done()
	var err error
	for _, server := range servers {
		err = errors.Join(err, records.Write(server.Served()))
	}
	return err
}

// Start starts the server of a site on a free port of 127.0.0.1.
func Start(site protocol.SiteCase) (*Server, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	pages := newPages(site)
	began := time.Now()
	now := func() int64 { return int64(time.Since(began)) } // the monotonic clock
	timers, err := load.NewTimerQueue(now, len(pages))
	if err != nil {
		listener.Close()
		return nil, err
	}
	server := &Server{
		id: site.ID, listener: listener, counter: newCounter(len(pages)), pages: pages,
		delay: site.DelayNs, now: now, timers: timers,
	}
	server.http = &fasthttp.Server{Handler: server.answer, NoDefaultServerHeader: true}
	go func() { _ = server.http.Serve(listener) }() // until Close
	return server, nil
}

// Port returns the port on 127.0.0.1 on which the server listens.
func (s *Server) Port() int { return s.listener.Addr().(*net.TCPAddr).Port }

// Served returns what was counted so far.
func (s *Server) Served() protocol.SiteServed { return s.counter.served(s.id) }

// Close stops accepting connections.
func (s *Server) Close() { s.listener.Close() }

// answer answers one request, after the delay if it is for a page.
func (s *Server) answer(request *fasthttp.RequestCtx) {
	arrived := s.now()
	if request.ConnRequestNum() == 1 {
		s.counter.connect() // also where it asks for an unknown page
	}
	number, err := strconv.Atoi(string(bytes.TrimPrefix(request.Path(), []byte("/"))))
	if err != nil || number < 0 || number >= len(s.pages) || !request.IsGet() {
		s.counter.stray()
		request.SetStatusCode(fasthttp.StatusNotFound)
		return
	}
	s.counter.begin(number)
	s.timers.SleepUntil(number, arrived+s.delay)
	s.counter.end()
	request.SetContentType("text/html; charset=utf-8")
	request.SetStatusCode(s.pages[number].status)
	request.Response.SetBodyRaw(s.pages[number].body)
}
