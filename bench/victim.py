"""victim.py PORT: answers with its pid, until it is asked for /hang (and says nothing more) or /refuse (and listens no more)."""
import os
import socket
import sys
import time

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=512)
body = str(os.getpid()).encode()
answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body)
while True:
    client, _ = listener.accept()
    with client:
        client.settimeout(1)
        try:
            asked = client.recv(4096)
            client.sendall(answer)
        except OSError:
            continue
    if asked.startswith(b"GET /refuse "):
        listener.close()
    if asked.startswith((b"GET /hang ", b"GET /refuse ")):
        time.sleep(1e6)
