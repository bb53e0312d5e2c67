"""Judges the agent's generator by its output for lists it has never seen, run by several people in several places."""
import shutil
import tempfile

for part in ("verdict", "programs"):
    exec(compile(open(f"/tests/{part}.py").read(), f"/tests/{part}.py", "exec"))

EXPECTED = read_json("/tests/expected.json")
PACKAGE, SECONDS = EXPECTED["package"], 5
OWN, HELD_OUT = EXPECTED["own"], EXPECTED["held_out"]
SHOW = "import json, runpy, sys; m = runpy.run_path(sys.argv[1]); print(json.dumps([m['INSTANTS'], m['LABELS']]))"
# Who runs it: environment, working directory, and whether the lists were written in the opposite order.
RUNS = {"plain": (["TZ=UTC0", "PYTHONHASHSEED=0"], "/", False),
        "another_time_zone": (["TZ=QST-9:30QDT,M3.2.0,M11.1.0", "PYTHONHASHSEED=0"], "/", False),
        "another_hash_seed": (["TZ=UTC0", "PYTHONHASHSEED=7"], "/", False),
        "another_place_and_person": (["TZ=UTC0", "PYTHONHASHSEED=0", "HOME=/home/eve", "USER=eve"], "/usr", True)}
outputs, shown = {}, {}


def put(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


def put_checkout(root, files, backwards):
    put(f"{root}/tools/generate.py", read_file("/app/tools/generate.py"))
    put(f"{root}/{PACKAGE}/__init__.py", b"")
    for name in sorted(files, reverse=backwards):
        put(f"{root}/spec/{name}", files[name])


def generate_all():
    expect(read_file("/app/tools/generate.py").strip(), "tools/generate.py is empty")
    own = {name.removeprefix("spec/"): read_file(f"/app/{name}") for name in EXPECTED["protected"]
           if name.startswith("spec/")}
    held_out = {name: text.encode() for name, text in HELD_OUT["files"].items()}
    commands = {}
    for name, (environment, directory, backwards) in RUNS.items():
        put_checkout(f"{place}/{name}", held_out, backwards)
        commands[name] = ["/usr/bin/env", "-C", directory, *environment, PYTHON, "-B",
                          f"{place}/{name}/tools/generate.py"]
    put_checkout(f"{place}/own", own, False)
    commands["own"] = [PYTHON, "-I", "-B", f"{place}/own/tools/generate.py"]
    for name, (status, output) in zip(commands, run_programs(list(commands.values()), place, SECONDS)):
        expect(status == 0 and output, f"the generator ended with status {status}")
        outputs[name] = output
    put(f"{place}/generated.py", outputs["plain"])
    suite = [PYTHON, "-I", "-B", "-m", "unittest", "discover", "-s", "/app/tests"]
    names = ("generated", "suite")
    shown.update(zip(names, run_programs([show_command("generated"), suite], place, SECONDS)))


def show_command(name):
    return [PYTHON, "-I", "-B", "-c", SHOW, f"{place}/{name}.py"]


def delivered():
    put(f"{place}/delivered.py", read_file(f"/app/{PACKAGE}/_calendar.py"))
    shown["delivered"], = run_programs([show_command("delivered")], place, SECONDS)
    contents("delivered", OWN)


def same(name):
    expect(outputs[name] == outputs["plain"], "the output differs")


def contents(name, truth):
    status, output = shown[name]
    expect(status == 0, f"the module cannot be loaded: status {status}")
    found = json.loads(output)
    for kind, right, values in (("instants", truth["instants"], found[0]), ("labels", truth["labels"], found[1])):
        wrong = sum(values.get(key) != value for key, value in right.items()) + len(values.keys() - right.keys())
        expect(not wrong, f"{wrong} of {len(right)} {kind} are wrong")


def protected():
    for name, digest in EXPECTED["protected"].items():
        expect(hashlib.sha256(read_file(f"/app/{name}")).hexdigest() == digest, f"{name} was changed")


place = tempfile.mkdtemp(prefix="calendar-")
verdict = Verdict()
verdict.check("module_is_right", delivered)
verdict.check("generator_runs_everywhere", generate_all, needs=["module_is_right"])
mended = ["generator_runs_everywhere"]
verdict.check("module_is_what_the_generator_prints", lambda: expect(
    read_file(f"/app/{PACKAGE}/_calendar.py") == outputs["own"], "a release would change the file"), needs=mended)
verdict.check("other_lists_are_right", lambda: contents("generated", HELD_OUT), needs=mended)
for name in list(RUNS)[1:]:
    verdict.check(f"{name}_changes_nothing", lambda: same(name), needs=mended)
verdict.check("test_suite_passes", lambda: expect(shown["suite"][0] == 0, "the package's tests fail"), needs=mended)
verdict.check("others_files_untouched", protected, needs=mended)
shutil.rmtree(place, ignore_errors=True)
verdict.write()
