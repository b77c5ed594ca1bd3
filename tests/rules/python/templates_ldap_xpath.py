import elementpath
import jinja2
import ldap
import ldap3
from django.template import Template
from flask import Flask, render_template, render_template_string, request
from ldap3.utils.conv import escape_filter_chars
from lxml import etree

app = Flask(__name__)
env = jinja2.Environment(autoescape=True)


@app.get("/hello")
def flask_view():
    name = request.args["name"]
    # ruleid: secscan.py.template-injection.request
    page = render_template_string(f"<p>{name}</p>")
    # ruleid: secscan.py.template-injection.request
    jinja2.Template("Hello " + name).render()
    # ruleid: secscan.py.template-injection.request
    env.from_string(request.form["template"]).render()
    # ok: secscan.py.template-injection.request
    page = render_template_string("<p>{{ name }}</p>", name=name)
    # ok: secscan.py.template-injection.request
    page = render_template("hello.html", name=name)
    # ok: secscan.py.template-injection.request
    jinja2.Template("Hello {{ name }}").render(name=name)
    # ok: secscan.py.template-injection.request
    env.from_string("{{ n }}").render(n=name)
    # ok: secscan.py.template-injection.request
    jinja2.Template(f"Page {int(request.args['page'])}")


def django_view(request):
    # ruleid: secscan.py.template-injection.request
    return Template("Hello " + request.GET["name"])


@app.post("/login")
def login(connection, server):
    user = request.form["user"]
    # ruleid: secscan.py.ldap-injection.request
    connection.search_s("dc=example", ldap.SCOPE_SUBTREE, f"(uid={user})")
    # ruleid: secscan.py.ldap-injection.request
    connection.search_ext_s("dc=example", ldap.SCOPE_SUBTREE, "(uid=" + user + ")", ["cn"])
    # ruleid: secscan.py.ldap-injection.request
    ldap3.Connection(server).search("dc=example", "(uid=%s)" % user)
    # ruleid: secscan.py.ldap-injection.request
    ldap3.Connection(server).search(search_base="dc=example", search_filter=f"(uid={user})")
    # ok: secscan.py.ldap-injection.request
    connection.search_s("dc=example", ldap.SCOPE_SUBTREE, f"(uid={ldap.filter.escape_filter_chars(user)})")
    # ok: secscan.py.ldap-injection.request
    ldap3.Connection(server).search("dc=example", "(uid=%s)" % escape_filter_chars(user))
    # ok: secscan.py.ldap-injection.request
    connection.search_s("dc=example", ldap.SCOPE_SUBTREE, "(uid=admin)")


def django_login(request, connection):
    # ruleid: secscan.py.ldap-injection.request
    connection.search_s("dc=example", ldap.SCOPE_SUBTREE, "(uid=%s)" % request.POST["user"])


@app.get("/user")
def user(tree):
    name = request.args["name"]
    # ruleid: secscan.py.xpath-injection.request
    tree.xpath(f"//user[name='{name}']")
    # ruleid: secscan.py.xpath-injection.request
    etree.XPath("//user[name='" + name + "']")
    # ruleid: secscan.py.xpath-injection.request
    elementpath.select(tree, f"//user[name='{name}']")
    # ok: secscan.py.xpath-injection.request
    tree.xpath("//user[name=$name]", name=name)
    # ok: secscan.py.xpath-injection.request
    tree.xpath(f"//user[@id={int(request.args['id'])}]")
    # ok: secscan.py.xpath-injection.request
    tree.xpath("//user[1]")


async def aiohttp_handler(request, root):
    # ruleid: secscan.py.xpath-injection.request
    root.findall(f".//user[@name='{request.query['name']}']")
