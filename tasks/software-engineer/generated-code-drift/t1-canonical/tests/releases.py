"""What verifiers of a package's sources share: its lists, a release made of them, and what both packages answer."""
import csv
import io

EXPECTED = read_json("/tests/expected.json")
PACKAGE, SECONDS = EXPECTED["package"], 5
ASK = """\
import json, sys
sys.path.insert(0, sys.argv[1])
package = __import__(sys.argv[2])
ask, found = getattr(package, sys.argv[3]), []
for name, count in json.load(open(sys.argv[4])):
    try:
        found.append(str(ask(name, count)))
    except KeyError:
        found.append("KeyError")
print(json.dumps(found))
"""
QUESTIONS = [[name, count] for name, count, _ in EXPECTED["prices"]] + [[name, 1] for name in EXPECTED["gone"]]
ANSWERS = [price for _, _, price in EXPECTED["prices"]] + ["KeyError"] * len(EXPECTED["gone"])
lists, came, generated, answers = {}, {}, {}, {}


def read_lists():
    for name in EXPECTED["lists"]:
        text = read_file(f"/app/spec/{name}").decode("utf-8")
        header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        expect(len({row[0].strip() for row in rows}) == len(rows), f"{name} has a line twice")
        lists[name] = {row[0].strip(): [cell.strip() for cell in row[1:-1]] for row in rows}
        came[name] = {"heading": header, "since": {row[0].strip(): row[-1].strip() for row in rows}}


def differing(corrected):
    return sum(lists[name].get(key) != value for name, truth in EXPECTED["lists"].items()
               for key, value in truth.items() if (key in EXPECTED["corrections"].get(name, ())) == corrected)


def corrections():
    read_lists()
    lost = differing(True)
    expect(not lost, f"{lost} corrections that still stand are not in the lists")


def otherwise():
    extra = sum(len(lists[name].keys() - truth.keys()) for name, truth in EXPECTED["lists"].items())
    wrong = differing(False)
    expect(not wrong and not extra, f"{wrong} other lines were changed, {extra} made up")
    for name, truth in EXPECTED["came"].items():
        expect(came[name]["heading"] == truth["heading"], f"{name} has another heading")
        # Whoever corrects a line may say when.
        moved = sum(came[name]["since"].get(key) != day for key, day in truth["since"].items()
                    if key not in EXPECTED["corrections"].get(name, ()))
        expect(not moved, f"{moved} dates of other lines were changed")


def put(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


def put_checkout(root):
    """The agent's sources with the tools and tests as they came."""
    for name in EXPECTED["lists"]:
        put(f"{root}/spec/{name}", read_file(f"/app/spec/{name}"))
    for tool, target in EXPECTED["stages"]:
        put(f"{root}/tools/{tool}", read_file(f"/tests/tools/{tool}"))
        put(f"{root}/{target}", read_file(f"/app/{target}"))
    put(f"{root}/{PACKAGE}/__init__.py", read_file(f"/app/{PACKAGE}/__init__.py"))
    put(f"{root}/questions.json", json.dumps(QUESTIONS).encode())
    put(f"{root}/ask.py", ASK.encode())
    for name in EXPECTED["protected"]:
        if name.startswith("tests/"):
            put(f"{root}/{name}", read_file(f"/app/{name}"))


def ask_command(root):
    return [PYTHON, "-I", "-B", f"{root}/ask.py", root, PACKAGE, EXPECTED["function"], f"{root}/questions.json"]


def suite_command(root):
    return [PYTHON, "-I", "-B", "-m", "unittest", "discover", "-s", f"{root}/tests"]


def make_release():
    """Makes a release of the agent's sources in a checkout of its own."""
    put_checkout(f"{place}/release")
    for tool, target in EXPECTED["stages"]:
        (status, output), = run_programs([[PYTHON, "-I", "-B", f"{place}/release/tools/{tool}"]], place, SECONDS)
        expect(status == 0, f"tools/{tool} ended with status {status}")
        generated[target] = output
        put(f"{place}/release/{target}", output)


def released():
    """Makes a release and asks both packages."""
    put_checkout(f"{place}/delivered")
    make_release()
    commands = {"delivered": ask_command(f"{place}/delivered"), "release": ask_command(f"{place}/release"),
                "suite": suite_command(f"{place}/release")}
    answers.update(zip(commands, run_programs(list(commands.values()), place, SECONDS)))


def fresh(target):
    expect(read_file(f"/app/{target}") == generated[target], "a release would change the file")


def prices(name):
    status, output = answers[name]
    expect(status == 0, f"asking for prices ended with status {status}")
    found = json.loads(output)
    expect(len(found) == len(ANSWERS), "not every question was answered")
    wrong = sum(price != right for price, right in zip(found, ANSWERS))
    expect(not wrong, f"{wrong} of {len(ANSWERS)} prices are wrong")


def protected():
    for name, digest in EXPECTED["protected"].items():
        expect(hashlib.sha256(read_file(f"/app/{name}")).hexdigest() == digest, f"{name} was changed")
