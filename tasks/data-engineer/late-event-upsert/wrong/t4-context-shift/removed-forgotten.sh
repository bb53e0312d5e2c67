#!/bin/sh
# A delete hides an entry, and a later write brings its old attributes back.
sed -e 's/rows.pop(name, None)/rows.setdefault(name, {})["gone"] = True/' \
    -e 's/row.update(change\["set"\])/row.update(change["set"], gone=False)/' \
    -e 's/^columns = /rows = {name: row for name, row in rows.items() if not row["gone"]}\ncolumns = /' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
