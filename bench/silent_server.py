"""silent_server.py PORT: accepts and never answers; closes when the other side has."""
import resource
import select
import socket
import sys

resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
listener = socket.create_server(("0.0.0.0", int(sys.argv[1])), backlog=4096)
listener.setblocking(False)
epoll = select.epoll()
epoll.register(listener, select.EPOLLIN)
clients = {}
while True:
    for fd, events in epoll.poll():
        if fd == listener.fileno():
            client, _ = listener.accept()
            clients[client.fileno()] = client
            epoll.register(client, select.EPOLLRDHUP)
        else:
            clients.pop(fd).close()
