"""A client with nothing but Python's standard library: urllib under WeChat's own addresses.

Its hosts are the emulator's by a table, as in a hosts file; TLS verifies WeChat's name as ever.
"""

import json
import socket
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request

PORT, TLS_PORT, AUTHORITY = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
API = "https://api.weixin.qq.com"

find_address = socket.getaddrinfo


def find_here(host, port, *rest, **named):
    if host == "api.weixin.qq.com":
        return find_address("127.0.0.1", TLS_PORT, *rest, **named)
    return find_address(host, port, *rest, **named)


socket.getaddrinfo = find_here
opener = urllib.request.build_opener(
    urllib.request.ProxyHandler({}),
    urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=AUTHORITY)),
)


class Refused(Exception):
    def __init__(self, errcode, errmsg):
        super().__init__(errmsg)
        self.code = errcode


def ask(path, query, body=None, timeout=10):
    data = None if body is None else json.dumps(body).encode()
    address = f"{API}{path}?{urllib.parse.urlencode(query)}"
    with opener.open(urllib.request.Request(address, data), timeout=timeout) as response:
        answer = json.loads(response.read())
    if answer.get("errcode"):
        raise Refused(answer["errcode"], answer["errmsg"])
    return answer


def seconds(given):
    return given.get("timeout", 10_000) / 1000


def app(given):
    return {"appid": given["appid"], "secret": given["secret"]}


def code2session(given):
    query = {**app(given), "js_code": given["code"], "grant_type": "authorization_code"}
    return ask("/sns/jscode2session", query, timeout=seconds(given))


def token(given):
    query = {**app(given), "grant_type": "client_credential"}
    return ask("/cgi-bin/token", query, timeout=seconds(given))


def phone_number(given):
    query = {"access_token": token(given)["access_token"]}
    body = {"code": given["code"]}
    return ask("/wxa/business/getuserphonenumber", query, body, timeout=seconds(given))


def exchange(given):
    query = {**app(given), "code": given["code"], "grant_type": "authorization_code"}
    return ask("/sns/oauth2/access_token", query, timeout=seconds(given))


def user_by_code(given):
    tokens = exchange(given)
    query = {"access_token": tokens["access_token"], "openid": tokens["openid"], "lang": "zh_CN"}
    return ask("/sns/userinfo", query, timeout=seconds(given))


OPERATIONS = {
    "code2session": code2session,
    "token": token,
    "phoneNumber": phone_number,
    "exchange": exchange,
    "userByCode": user_by_code,
}

with socket.create_connection(("127.0.0.1", PORT)) as connection:
    for line in connection.makefile(encoding="utf-8"):
        call = json.loads(line)
        try:
            outcome = {"kind": "value", "value": OPERATIONS[call["operation"]](call["input"])}
        except Exception as error:
            known = {"name": type(error).__name__, "message": str(error)}
            outcome = {"kind": "error", "error": {**known, "code": getattr(error, "code", None)}}
        reply = json.dumps({"id": call["id"], "outcome": outcome}) + "\n"
        connection.sendall(reply.encode())
