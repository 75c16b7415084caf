"""Read by gunicorn wherever it is started in this folder: answers do not name the server's program."""

from gunicorn.http import wsgi


class QuietResponse(wsgi.Response):
    def default_headers(self):
        return [line for line in super().default_headers() if not line.startswith("Server:")]


wsgi.Response = QuietResponse
