import argparse
import ast
import asyncio
import importlib
import os
import re
import shlex
import subprocess
import sys

from flask import Flask, request

app = Flask(__name__)
MODULES = {"a": "package.a"}


@app.get("/run")
def flask_view():
    host = request.args["host"]
    # ruleid: secscan.py.command-injection.request
    os.system("ping " + host)
    # ruleid: secscan.py.command-injection.request
    os.popen(f"ping {host}")
    # ruleid: secscan.py.command-injection.request
    subprocess.run(f"ping {host}", shell=True)
    subprocess.check_output(
        # ruleid: secscan.py.command-injection.request
        "ping %s" % host,
        stderr=subprocess.STDOUT,
        shell=True,
    )
    # ruleid: secscan.py.command-injection.request
    subprocess.call([host, "-v"])
    # ruleid: secscan.py.command-injection.request
    subprocess.Popen(["/bin/sh", "-c", f"ping {host}"])
    # ruleid: secscan.py.command-injection.request
    subprocess.run(shlex.split(f"ping {host}"))
    # ok: secscan.py.command-injection.request
    subprocess.run(["ping", host])
    # ok: secscan.py.command-injection.request
    subprocess.run(["ping", "-c", "1", host], timeout=5)
    # ok: secscan.py.command-injection.request
    os.system("ping " + shlex.quote(host))
    quoted = shlex.quote(host)
    # ok: secscan.py.command-injection.request
    os.system(f"ping {quoted}")
    # ok: secscan.py.command-injection.request
    subprocess.run("cat", input=host.encode(), shell=True)
    # ok: secscan.py.command-injection.request
    os.system(f"kill {int(request.args['pid'])}")
    # ok: secscan.py.command-injection.request
    subprocess.run(["printenv"], env={"HOST": host})
    if not re.fullmatch(r"[a-z.]+", host):
        return "no", 400
    # ok: secscan.py.command-injection.request
    os.system("ping " + host)


@app.get("/list")
def flask_shell_list():
    arguments = ["sh", "-c"]
    arguments.append(f"echo {request.args['text']}")
    # ruleid: secscan.py.command-injection.request
    subprocess.run(arguments, capture_output=True)


@app.get("/list-step-by-step")
def flask_shell_steps():
    arguments = []
    arguments.append("sh")
    arguments.append("-c")
    arguments.append(f"echo {request.args['text']}")
    # ruleid: secscan.py.command-injection.request
    subprocess.run(arguments, capture_output=True)


@app.get("/plain-list")
def flask_plain_list():
    arguments = ["echo"]
    arguments.append(request.args["text"])
    # ok: secscan.py.command-injection.request
    subprocess.run(arguments, capture_output=True)


def django_view(request):
    # ruleid: secscan.py.command-injection.request
    subprocess.getoutput("id " + request.POST["user"])
    # ruleid: secscan.py.command-injection.request
    client.exec_command(request.GET.get("command"))


async def aiohttp_handler(request):
    # ruleid: secscan.py.command-injection.request
    await asyncio.create_subprocess_shell(await request.text())
    # ok: secscan.py.command-injection.request
    await asyncio.create_subprocess_exec("echo", await request.text())


def main():
    parser = argparse.ArgumentParser()
    args = parser.parse_args()
    # ruleid: secscan.py.command-injection.local-input
    os.system(f"convert {args.file}")
    # ruleid: secscan.py.command-injection.local-input
    subprocess.run(" ".join(sys.argv[1:]), shell=True)
    # ok: secscan.py.command-injection.local-input
    subprocess.run(["convert", args.file])
    # ok: secscan.py.command-injection.local-input
    os.system(f"convert {shlex.quote(args.file)}")
    # ruleid: secscan.py.command-injection.environment
    os.system(os.environ["EDITOR"] + " file")
    # ruleid: secscan.py.command-injection.environment
    subprocess.run(f"{os.getenv('EDITOR')} file", shell=True)
    # ok: secscan.py.command-injection.environment
    os.system(shlex.quote(os.environ["EDITOR"]) + " file")
    # ok: secscan.py.command-injection.environment
    subprocess.run("make", env=dict(os.environ), shell=True)
    # ok: secscan.py.command-injection.request, secscan.py.command-injection.local-input
    os.system("clear")


@app.get("/evaluate")
def flask_code():
    # ruleid: secscan.py.code-injection.request
    eval(request.args["expression"])
    # ruleid: secscan.py.code-injection.request
    exec(request.get_json()["code"])
    # ruleid: secscan.py.code-injection.request
    code = compile(request.data, "<request>", "exec")
    # ruleid: secscan.py.code-injection.request
    importlib.import_module(request.values["module"])
    # ruleid: secscan.py.code-injection.request
    importlib.import_module(f"plugins.{request.values['module']}")
    # ruleid: secscan.py.code-injection.request
    number = int(eval(request.args["expression"]))
    # ok: secscan.py.code-injection.request
    ast.literal_eval(request.args["expression"])
    # ok: secscan.py.code-injection.request
    eval(int(request.args["number"]))
    # ok: secscan.py.code-injection.request
    importlib.import_module(MODULES[request.args["module"]])
    # ok: secscan.py.code-injection.request
    re.compile(request.args["pattern"])
    # ok: secscan.py.code-injection.request
    eval("1 + 1")


@app.websocket("/socket")
async def fastapi_socket(websocket):
    # ruleid: secscan.py.code-injection.request
    eval(await websocket.receive_text())


def calculator():
    # ruleid: secscan.py.code-injection.local-input
    print(eval(input("? ")))
    # ruleid: secscan.py.code-injection.local-input
    importlib.import_module(sys.argv[1])
    # ok: secscan.py.code-injection.local-input
    print(ast.literal_eval(input("? ")))
    # ruleid: secscan.py.code-injection.environment
    importlib.import_module(os.environ["SETTINGS"])
    # ruleid: secscan.py.code-injection.environment
    exec(os.getenv("STARTUP", ""))
    # ok: secscan.py.code-injection.environment
    importlib.import_module(MODULES[os.environ["SETTINGS"]])
