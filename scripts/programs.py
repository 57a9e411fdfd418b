#!/usr/bin/env python3
"""Real programs with the log on: programs.py MSC PYTHON [NAME...]

PYTHON is an interpreter that has the packages of the trials; programs of the system (fossil, ogr2ogr, php, ruby) are taken from the PATH, and
trials whose program is missing are skipped. Each trial works on a database of its own: first without, then with the log. What it proves: the
program meets no error; the first backup with the log gives the data as they are, by 'msc restore'; a rollback gives back what they were.
The table of what was tried: docs/programs.md.
"""
import json, os, shutil, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "twin"))
from client import Client, content, difference

MSC, PYTHON = os.path.abspath(sys.argv[1]), sys.argv[2]


class Trial:
    def __init__(self, name):
        self.folder = tempfile.mkdtemp(prefix="program-")
        self.data = os.path.join(self.folder, name + ".db")
        self.said = []

    def run(self, *command, env=None, text=None):
        ended = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, input=text, env=dict(os.environ, **(env or {})), timeout=600)
        if ended.returncode != 0:
            raise Exception("%s: %d %s" % (" ".join(command)[:120], ended.returncode, (ended.stderr or ended.stdout).strip()[-400:]))
        return ended.stdout

    def python(self, text, *arguments, **keywords):
        return self.run(PYTHON, "-c", text, *arguments, **keywords)

    def msc(self, *arguments):
        ended = subprocess.run([MSC, *arguments, "--json"], capture_output=True, text=True)
        if ended.returncode not in (0, 3):
            raise Exception("msc %s: %d %s" % (" ".join(arguments[:2]), ended.returncode, ended.stderr.strip()[-400:]))
        return json.loads(ended.stdout or "{}")

    def log(self):
        self.msc("log", "start", self.data)
        left = self.msc("log", "status", self.data)["notJournaled"]
        if left:
            self.said.append("not journaled: " + ", ".join(sorted(left))[:200])
        self.left = set(left)
        self.begin = self.content(self.data)
        if not os.path.isdir(os.path.join(os.path.splitext(self.data)[0] + ".msc", "Backups")):
            # A database without rows begins its log without a backup.
            self.msc("backup", self.data)

    def content(self, path):
        client = Client(path, "sqlite3")
        try:
            found = content(client)
        finally:
            client.close()
        return {key: value for key, value in found.items() if key[1] not in self.left}

    def prove(self):
        self.drained()
        stem = self.data if os.path.isdir(self.data + ".msc") else os.path.splitext(self.data)[0]
        archives = os.path.join(stem + ".msc", "Backups")
        first = sorted(name for name in os.listdir(archives) if name.endswith(".4BK"))[0]
        there = self.msc("restore", os.path.join(archives, first), "--to", os.path.join(self.folder, "restored"), "--integrate", "auto")
        now = self.content(self.data)
        self.said += there.get("warnings", [])
        found = difference(now, self.content(there["data"]))
        if found:
            self.said.append("WRONG: restored: " + found[:300])
        state = self.msc("log", "status", self.data)
        if state["state"] != "ok" or state.get("reason"):
            self.said.append("state %s: %s" % (state["state"], (state.get("reason") or "")[:200]))
        self.operations = state["lastOperation"]
        self.msc("rollback", self.data, "--counters", "--to-operation", str(max(self.first, state["firstOperation"] - 1)))
        found = difference(self.content(self.data), self.begin)
        if found:
            self.said.append("WRONG: rolled back: " + found[:300])

    first = 0

    def drained(self):
        self.msc("log", "drain", self.data)


DJANGO = """
import os, sys, django
from django.conf import settings
settings.configure(DATABASES={'default':{'ENGINE':'django.db.backends.sqlite3','NAME':sys.argv[1]}}, SECRET_KEY='x', DEFAULT_AUTO_FIELD='django.db.models.BigAutoField',
  INSTALLED_APPS=['django.contrib.admin','django.contrib.auth','django.contrib.contenttypes','django.contrib.sessions','django.contrib.messages','shop'],
  MIGRATION_MODULES={}, USE_TZ=True, ROOT_URLCONF='shop.urls', MIDDLEWARE=['django.contrib.sessions.middleware.SessionMiddleware',
  'django.contrib.auth.middleware.AuthenticationMiddleware','django.contrib.messages.middleware.MessageMiddleware'], ALLOWED_HOSTS=['*'],
  TEMPLATES=[{'BACKEND':'django.template.backends.django.DjangoTemplates','APP_DIRS':True,'OPTIONS':{'context_processors':[
  'django.template.context_processors.request','django.contrib.auth.context_processors.auth','django.contrib.messages.context_processors.messages']}}])
sys.path.insert(0, os.path.dirname(sys.argv[1]))
django.setup()
from django.core.management import call_command
"""
MODELS = """
from django.db import models
class Item(models.Model):
    name = models.CharField(max_length=50, unique=True)
    data = models.JSONField(default=dict)
    class Meta:
        constraints = [models.CheckConstraint(%s=models.Q(name__gt=''), name='named')]
class Tag(models.Model):
    item = models.ForeignKey(Item, on_delete=models.CASCADE)
    text = models.TextField(null=True)
%s
"""


def django(t):
    shop = os.path.join(t.folder, "shop")
    os.makedirs(shop)
    check = "condition" if t.python("import django;print(django.VERSION>=(5,1))").strip() == "True" else "check"
    write = lambda name, text: open(os.path.join(shop, name), "w").write(text)
    write("__init__.py", "")
    write("urls.py", "from django.contrib import admin\nfrom django.urls import path\nurlpatterns=[path('admin/',admin.site.urls)]\n")
    write("admin.py", "from django.contrib import admin\nfrom .models import Item\nadmin.site.register(Item)\n")
    write("models.py", MODELS % (check, ""))
    t.python(DJANGO + "call_command('makemigrations','shop',verbosity=0); call_command('migrate',verbosity=0)", t.data)
    t.log()
    t.python(DJANGO + """
from shop.models import Item, Tag
from django.contrib.auth.models import User
from django.test import Client
from django.db import transaction
for n in range(50):
    item = Item.objects.create(name='i%d' % n, data={'n': n, 'list': [1, 2, {'x': None}]})
    Tag.objects.bulk_create([Tag(item=item, text=str(k)) for k in range(3)])
Item.objects.filter(data__n__gt=40).update(data={'changed': True})
Item.objects.filter(name__in=['i1', 'i2']).delete()
try:
    with transaction.atomic(): Item.objects.create(name='i9')
except Exception: pass
User.objects.create_superuser('root', 'a@b.c', 'p')
client = Client(); client.login(username='root', password='p')
assert client.post('/admin/shop/item/add/', {'name': 'by admin', 'data': '{"a": 1}'}).status_code == 302
assert client.post('/admin/shop/item/%d/delete/' % Item.objects.get(name='by admin').pk, {'post': 'yes'}).status_code == 302
""", t.data)
    t.drained()
    write("models.py", MODELS % (check, "    rank = models.IntegerField(default=0, db_index=True)") + "\nclass More(models.Model):\n    tag = models.OneToOneField(Tag, on_delete=models.CASCADE)\n")
    t.python(DJANGO + "call_command('makemigrations','shop',verbosity=0); call_command('migrate',verbosity=0)\nfrom shop.models import *\nMore.objects.create(tag=Tag.objects.first()); Tag.objects.update(rank=5)", t.data)
    return "50 rows with JSONField, admin pages, a failing transaction, a migration with a rebuilt table"


def alembic(t):
    t.run(os.path.join(os.path.dirname(PYTHON), "alembic"), "init", "m")
    path = os.path.join(t.folder, "m", "env.py")
    text = open(path).read().replace("target_metadata = None", """from models import metadata as target_metadata
def include_object(object, name, type_, reflected, compare_to):
    return not (type_ == "table" and name.startswith("_msc_"))""").replace("target_metadata=target_metadata", "target_metadata=target_metadata, render_as_batch=True, include_object=include_object")
    open(path, "w").write(text)
    ini = os.path.join(t.folder, "alembic.ini")
    text = open(ini).read()
    open(ini, "w").write("\n".join("sqlalchemy.url = sqlite:///" + t.data if line.startswith("sqlalchemy.url") else line for line in text.split("\n")))
    models = lambda more: open(os.path.join(t.folder, "models.py"), "w").write(
        "from sqlalchemy import *\nmetadata=MetaData()\nitem=Table('item',metadata,Column('id',Integer,primary_key=True),Column('name',String(20),unique=True),Column('data',JSON)%s)\n" % more)
    revise = lambda: (t.run(os.path.join(os.path.dirname(PYTHON), "alembic"), "revision", "--autogenerate", "-m", "x", env={"PYTHONPATH": t.folder}),
                      t.run(os.path.join(os.path.dirname(PYTHON), "alembic"), "upgrade", "head", env={"PYTHONPATH": t.folder}))
    models("")
    revise()
    work = "import sys;sys.path.insert(0,%r)\nfrom models import *\ne=create_engine('sqlite:///%s')\n" % (t.folder, t.data)
    t.python(work + "with e.begin() as c: c.execute(item.insert(),[{'name':str(n),'data':{'n':n}} for n in range(20)])")
    t.log()
    t.python(work + "with e.begin() as c:\n c.execute(item.insert(),[{'name':'x%d'%n,'data':[n]} for n in range(20)]); c.execute(item.update().where(item.c.id<5).values(data=None)); c.execute(item.delete().where(item.c.id==7))")
    t.drained()
    models(",Column('rank',Integer,nullable=False,server_default='1'),CheckConstraint('rank>0',name='positive')")
    revise()
    t.python(work + "with e.begin() as c: c.execute(item.insert(),[{'name':'later','rank':3}])")
    tables = t.run("sqlite3", t.data, "SELECT count(*) FROM sqlite_master WHERE name LIKE '\\_msc\\_%' ESCAPE '\\'")
    if tables.strip() == "0":
        t.said.append("WRONG: autogenerate dropped our tables")
    return "autogenerate and batch migration with the exclude of docs/programs.md, Core inserts, updates, deletions"


def sqlite_utils(t):
    t.python("""
import sqlite_utils, sys
db = sqlite_utils.Database(sys.argv[1])
db['doc'].insert_all(({'id': n, 'title': 't%d' % n, 'body': 'some words %d' % n} for n in range(100)), pk='id')
db['doc'].enable_fts(['title', 'body'], create_triggers=True)
""", t.data)
    t.log()
    t.python("""
import sqlite_utils, sys
db = sqlite_utils.Database(sys.argv[1])
db['doc'].insert_all(({'id': n, 'title': 'new%d' % n, 'body': 'other words'} for n in range(100, 150)))
db['doc'].upsert_all(({'id': n, 'title': 'changed', 'body': 'x'} for n in range(90, 95)), pk='id')
db['doc'].delete_where('id < 10')
assert len(list(db['doc'].search('other'))) == 50
db['log'].insert({'a': 1, 'b': None}, alter=True); db['log'].insert({'a': 2, 'c': 2.5}, alter=True)
db['doc'].add_column('rank', int)
db['doc'].rebuild_fts()
""", t.data)
    return "FTS5 with triggers: inserts, upserts, deletions, search, rebuild; a table that gains columns"


def fossil(t):
    env = {"HOME": t.folder, "FOSSIL_USER": "root"}
    t.run("fossil", "init", t.data, env=env)
    tree = os.path.join(t.folder, "tree")
    os.makedirs(tree)
    def commit(number):
        open(os.path.join(tree, "f%d" % number), "w").write("line\n" * number)
        subprocess.run("fossil open -f %s >/dev/null 2>&1; fossil add . && fossil commit --no-warnings -m 'c%d'" % (t.data, number), shell=True, cwd=tree, check=True, capture_output=True, env=dict(os.environ, **env))
    commit(1)
    t.log()
    for number in range(2, 8):
        commit(number)
    t.run("fossil", "ticket", "add", "title", "a ticket", "-R", t.data, env=env)
    t.run("fossil", "wiki", "create", "Page", "-R", t.data, env=env, text="words")
    t.drained()
    subprocess.run(["fossil", "close", "-f"], cwd=tree, capture_output=True, env=dict(os.environ, **env))
    return "six check-ins, a ticket, a wiki page"


def gdal(t):
    points = lambda first, last: json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"name": "p%d" % n, "x": n / 3}, "geometry": {"type": "Point", "coordinates": [n % 180, n % 80]}} for n in range(first, last)]})
    for name, part in (("a", (0, 200)), ("b", (200, 300))):
        open(os.path.join(t.folder, name + ".geojson"), "w").write(points(*part))
    t.data = t.data[:-3] + ".gpkg"
    t.run("ogr2ogr", "-f", "GPKG", t.data, "a.geojson", "-nln", "points")
    t.log()
    t.run("ogr2ogr", "-f", "GPKG", "-update", "-append", t.data, "b.geojson", "-nln", "points")
    t.run("ogrinfo", t.data, "-sql", "UPDATE points SET name='changed' WHERE fid<10")
    t.run("ogrinfo", t.data, "-sql", "DELETE FROM points WHERE fid BETWEEN 50 AND 60")
    t.run("ogr2ogr", "-f", "GPKG", "-update", t.data, "b.geojson", "-nln", "second")
    return "GeoPackage with R-Tree: append, UPDATE, DELETE, a second layer"


def php(t):
    begin = "<?php $d=new SQLite3('%s'); $d->enableExceptions(true);" % t.data
    t.run("php", text=begin + "$d->exec('PRAGMA journal_mode=wal; CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT UNIQUE, b BLOB)');")
    t.log()
    t.run("php", text=begin + "for($i=0;$i<100;$i++){$s=$d->prepare('INSERT INTO t(a,b) VALUES(?,?)');$s->bindValue(1,\"n$i\");$s->bindValue(2,random_bytes(50),SQLITE3_BLOB);$s->execute();}"
          "$d->exec('BEGIN; UPDATE t SET a=a||\"x\" WHERE id<10; DELETE FROM t WHERE id>90; COMMIT');"
          "$p=new PDO('sqlite:%s');$p->exec('REPLACE INTO t(a) VALUES(\"n50\")');$p->beginTransaction();$p->exec('DELETE FROM t');$p->rollBack();" % t.data)
    return "SQLite3 and PDO: prepared inserts, BLOBs, a transaction, REPLACE, a rollback"


def apsw(t):
    begin = "import apsw, apsw.bestpractice, sys; apsw.bestpractice.apply(apsw.bestpractice.recommended); c=apsw.Connection(sys.argv[1])\n"
    t.python(begin + "c.execute('CREATE TABLE t(id INTEGER PRIMARY KEY, a, b)')", t.data)
    t.log()
    t.python(begin + """
with c:
    c.executemany('INSERT INTO t(a,b) VALUES(?,?)', [(n, b'x' * n) for n in range(200)])
try:
    with c:
        c.execute('DELETE FROM t'); raise ValueError
except ValueError: pass
c.execute("UPDATE t SET a=jsonb('{}') WHERE id<5; DELETE FROM t WHERE id>150; INSERT OR REPLACE INTO t(id,a) VALUES(7,'r') RETURNING id")
""", t.data)
    return "its recommended settings (DEFENSIVE and others), nested transactions, JSONB, RETURNING"


def rails(t):
    begin = """require 'active_record'
ActiveRecord::Base.establish_connection(adapter: 'sqlite3', database: '%s')
ActiveRecord::Schema.verbose = false
class Item < ActiveRecord::Base; end
""" % t.data
    t.run("ruby", text=begin + "ActiveRecord::Schema.define { create_table(:items) { |t| t.string :name, index: {unique: true}; t.json :data; t.timestamps } }")
    t.log()
    t.run("ruby", text=begin + """
50.times { |n| Item.create!(name: "i#{n}", data: {n: n}) }
Item.where('id < 10').update_all(name: nil); Item.last.destroy
Item.upsert_all([{name: 'i20', data: {up: 1}, created_at: Time.now, updated_at: Time.now}], unique_by: :name)
Item.transaction { Item.delete_all; raise ActiveRecord::Rollback }
ActiveRecord::Schema.define { add_column :items, :rank, :integer, default: 0; change_column :items, :name, :text; add_index :items, :rank }
Item.reset_column_information; Item.create!(name: 'later', rank: 4)
""")
    return "ActiveRecord: create, update_all, upsert_all, destroy, a rollback; add_column and change_column, which builds the table anew"


def roundup(t):
    home = os.path.join(t.folder, "tracker")
    admin = lambda *a: t.run(os.path.join(os.path.dirname(PYTHON), "roundup-admin"), "-i", home, *a)
    t.run(os.path.join(os.path.dirname(PYTHON), "roundup-admin"), "-i", home, "install", text="classic\nsqlite\n")
    config = os.path.join(home, "config.ini")
    words = {"#web = NO DEFAULT": "web = http://x/", "#domain = NO DEFAULT": "domain = example.com", "#host = NO DEFAULT": "host = localhost"}
    text = open(config).read()
    for old, new in words.items():
        text = text.replace(old, new)
    open(config, "w").write(text)
    admin("initialise", "secret")
    t.data = os.path.join(home, "db", "db")
    t.log()
    for number in range(10):
        admin("-u", "admin:secret", "create", "issue", "title=issue %d" % number)
    admin("-u", "admin:secret", "set", "issue3", "title=changed")
    admin("-u", "admin:secret", "retire", "issue4")
    return "classic tracker: ten issues created, one changed, one retired"


def trac(t):
    env = os.path.join(t.folder, "env")
    admin = os.path.join(os.path.dirname(PYTHON), "trac-admin")
    t.run(admin, env, "initenv", "Test", "sqlite:db/trac.db")
    t.data = os.path.join(env, "db", "trac.db")
    t.log()
    t.run(admin, env, "milestone", "add", "m2")
    t.run(admin, env, "component", "rename", "component1", "core")
    t.python("from trac.env import open_environment as o; from trac.ticket import Ticket\nimport sys; e=o(sys.argv[1])\nfor n in range(10):\n t=Ticket(e); t['summary']='s%d'%n; t['status']='new'; t.insert()\nt=Ticket(e,3); t['summary']='x'; t.save_changes('me','why'); Ticket(e,4).delete()", env)
    return "a milestone, a renamed component, ten tickets, one changed, one deleted"


def anki(t):
    begin = "from anki.collection import Collection; import sys; c=Collection(sys.argv[1])\n"
    t.data = t.data[:-3] + ".anki2"
    t.python(begin + "c.close()", t.data)
    t.log()
    t.python(begin + """
m=c.models.by_name('Basic')
for n in range(30):
    note=c.new_note(m); note['Front']='f%d'%n; note['Back']='b'; c.add_note(note, c.decks.id('Default'))
note=c.get_note(c.find_notes('f3')[0]); note['Back']='changed'; c.update_note(note)
c.remove_notes(c.find_notes('f5'))
c.close()
""", t.data)
    return "thirty notes added, one changed, one removed"


def peewee(t):
    begin = """import sys; from peewee import *
db=SqliteDatabase(sys.argv[1], pragmas={'journal_mode':'wal','foreign_keys':1})
class User(Model):
    name=CharField(unique=True)
    class Meta: database=db
class Note(Model):
    user=ForeignKeyField(User, on_delete='CASCADE'); text=TextField()
    class Meta: database=db
"""
    t.python(begin + "db.create_tables([User,Note]); User.create(name='first')", t.data)
    t.log()
    t.python(begin + """
for n in range(40): Note.create(user=User.create(name='u%d'%n), text='t')
User.insert(name='u3').on_conflict_replace().execute(); User.insert(name='u4').on_conflict_ignore().execute()
User.delete().where(User.id<10).execute(); Note.update(text=Note.text+'x').where(Note.id>30).execute()
with db.atomic() as a: Note.delete().execute(); a.rollback()
""", t.data)
    return "create, on_conflict_replace, cascades, an update, a rollback"


def pony(t):
    begin = """import sys; from pony.orm import *
db=Database('sqlite', sys.argv[1], create_db=True)
class P(db.Entity):
    name=Required(str, unique=True); tags=Set('T'); data=Optional(Json)
class T(db.Entity):
    word=Required(str); ps=Set(P)
db.generate_mapping(create_tables=True)
"""
    t.python(begin + "with db_session: P(name='first')", t.data)
    t.log()
    t.python(begin + """
with db_session:
    words=[T(word=str(n)) for n in range(5)]
    for n in range(30): P(name='p%d'%n, tags=words[:n%5], data={'n':n})
with db_session:
    delete(p for p in P if p.id<5); P.get(name='p20').data['n']='changed'; T.get(word='2').delete()
""", t.data)
    return "many-to-many, Json, deletions, changes"


def dataset(t):
    begin = "import dataset,sys; db=dataset.connect('sqlite:///'+sys.argv[1])\n"
    t.python(begin + "db['a'].insert({'x':1})", t.data)
    t.log()
    t.python(begin + """
for n in range(20): db['a'].insert({'x':n,'y%d'%(n%4):'v'})
db['a'].upsert({'x':3,'y1':'w'},['x']); db['a'].delete(x=5); db['b'].insert_many([{'q':n} for n in range(10)])
""", t.data)
    return "a table that gains columns as it is written, upsert, a new table"


def synapse(t):
    home = os.path.join(t.folder, "home")
    t.run(PYTHON, "-m", "synapse.app.homeserver", "--server-name", "a.b", "--config-path", "h.yaml", "--generate-config", "--report-stats", "no",
          "--data-directory", home)
    text = open(os.path.join(t.folder, "h.yaml")).read().replace("port: 8008", "port: 18773")
    open(os.path.join(t.folder, "h.yaml"), "w").write(text + "\nregistration_shared_secret: xyz\n")
    t.data = os.path.join(home, "homeserver.db")
    if not os.path.isdir(home):
        os.makedirs(home)

    def serve(work):
        server = subprocess.Popen([PYTHON, "-m", "synapse.app.homeserver", "-c", "h.yaml"], cwd=t.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            t.python("import time,urllib.request\nfor _ in range(240):\n try: urllib.request.urlopen('http://127.0.0.1:18773/health'); break\n except OSError: time.sleep(0.5)\nelse: raise SystemExit('no server')")
            work()
        finally:
            server.terminate()
            server.wait(60)

    def talk():
        t.run(os.path.join(os.path.dirname(PYTHON), "register_new_matrix_user"), "-c", "h.yaml", "-u", "alice", "-p", "secret", "-a", "http://127.0.0.1:18773")
        t.python("""
import json, urllib.request
def call(path, body, method='POST', token=None):
    r = urllib.request.Request('http://127.0.0.1:18773/_matrix/client/v3/' + path, json.dumps(body).encode(), {'Content-Type': 'application/json', **({'Authorization': 'Bearer ' + token} if token else {})}, method=method)
    return json.load(urllib.request.urlopen(r))
token = call('login', {'type': 'm.login.password', 'identifier': {'type': 'm.id.user', 'user': 'alice'}, 'password': 'secret'})['access_token']
room = call('createRoom', {'name': 'r'}, token=token)['room_id']
for n in range(8): call('rooms/%s/send/m.room.message/%d' % (room, n), {'msgtype': 'm.text', 'body': 'words %d' % n}, 'PUT', token)
""")

    serve(lambda: None)
    t.log()
    serve(talk)
    return "a home server: a user, a room, eight messages"


VERSIONS = {
    "peewee": "import peewee,sqlite3;print('peewee',peewee.__version__,'SQLite',sqlite3.sqlite_version)",
    "pony": "import pony,sqlite3;print('Pony',pony.__version__,'SQLite',sqlite3.sqlite_version)",
    "dataset": "import importlib.metadata as m,sqlite3;print('dataset',m.version('dataset'),'SQLite',sqlite3.sqlite_version)",
    "synapse": "import importlib.metadata as m,sqlite3;print('Synapse',m.version('matrix-synapse'),'SQLite',sqlite3.sqlite_version)",
    "django": "import django,sqlite3;print('Django',django.__version__,'SQLite',sqlite3.sqlite_version)",
    "alembic": "import alembic,sqlalchemy,sqlite3;print('Alembic',alembic.__version__,'SQLAlchemy',sqlalchemy.__version__,'SQLite',sqlite3.sqlite_version)",
    "sqlite_utils": "import importlib.metadata as m,sqlite3;print('sqlite-utils',m.version('sqlite-utils'),'SQLite',sqlite3.sqlite_version)",
    "apsw": "import apsw;print('apsw',apsw.apsw_version(),'SQLite',apsw.sqlite_lib_version())",
    "roundup": "import importlib.metadata as m,sqlite3;print('Roundup',m.version('roundup'),'SQLite',sqlite3.sqlite_version)",
    "trac": "import importlib.metadata as m,sqlite3;print('Trac',m.version('trac'),'SQLite',sqlite3.sqlite_version)",
    "anki": "import importlib.metadata as m;print('Anki',m.version('anki'))",
    "fossil": ["fossil", "version"], "gdal": ["ogr2ogr", "--version"],
    "php": ["php", "-r", "echo 'PHP ',PHP_VERSION,' SQLite ',SQLite3::version()['versionString'];"],
    "rails": ["ruby", "-e", "require 'active_record'; require 'sqlite3'; puts \"ActiveRecord #{ActiveRecord.version} sqlite3 #{SQLite3::VERSION} SQLite #{SQLite3::SQLITE_VERSION}\""],
}


def main():
    trials = {f.__name__: f for f in (django, alembic, sqlite_utils, fossil, gdal, php, apsw, rails, roundup, trac, anki, peewee, pony, dataset, synapse)}
    bad = 0
    for name in sys.argv[3:] or trials:
        version = VERSIONS[name]
        ended = subprocess.run([PYTHON, "-c", version] if isinstance(version, str) else version, capture_output=True, text=True) \
            if isinstance(version, str) or shutil.which(version[0]) else None
        if not ended or ended.returncode != 0:
            print("%-12s skipped: it is not here" % name, flush=True)
            continue
        t = Trial(name)
        done = ""
        try:
            done = trials[name](t)
            t.prove()
            verdict = "whole, %d operations" % t.operations
        except Exception as error:
            verdict = "WRONG: %s" % error
        if any("WRONG" in line for line in t.said):
            verdict = "not all captured, and said so" if any(line.startswith("state ") for line in t.said) else "WRONG"
        bad += "WRONG" in verdict
        done = done or (trials[name].__doc__ or "")
        print("%-12s %s | %s | %s | %s" % (name, " ".join(ended.stdout.split())[:90], done, verdict, "; ".join(map(str, t.said))), flush=True)
        shutil.rmtree(t.folder, ignore_errors=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
