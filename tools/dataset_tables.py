"""Pipelines of files of text in columns, for tools/record_datasets.py."""

import gzip
import pathlib
import tempfile
import zlib

import tensorflow as tf

D = tf.data.Dataset
E = tf.data.experimental
TABLES = tempfile.mkdtemp()

TEXTS = {
    "plain": b"a,1\nb,2\n",
    "open": b"a,1\nb,2",
    "returns": b"a,1\r\nb,2\r\n",
    "only returns": b"a,1\rb,2\r",
    "blank": b"a,1\n\nb,2\n",
    "blanks": b"a\r\rb\r\n\r\n",
    "delimiters": b"a,\nb,",
    "quoted": b'"a""b,\n,c",1\n"x",2\r\n"y",3',
    "quoted lines": b'"a"\r\n"b"\n\r"c"\r"d"',
    "unclosed": b'1,x\n2,"abc',
    "inner": b'"a"b",1\nc,2\n',
    "inner unclosed": b'c,2\n"a"b,1\nd,3\n',
    "stray": b'a"b"c,d"\nx,1\n',
    "space before quote": b'a,1\n "a",1\n',
    "few": b"a\nb,2\n",
    "many": b"a,1,2\nb,2\n",
    "words": b"a,x\nb, 12 \n",
    "two faults": b"x,y,z\n1,2\n",
    "floats": b"1e400\n nan\ninf\n-2.5e-3\n+7.\n",
    "no float": b"1.5\n0x1p3\n",
    "large": b"9223372036854775807\n9223372036854775808\n",
    "missing": b",1\nb,\n",
    "na": b'NA,NA\n"NA",2\n"",3\n',
    "three": b"a,1,2\nb,3,4\nc,,5\n",
    "three stray": b'a,"x,""\ny",2\nb,x"y,4\nc,,5\n',
    "header": b'"h\n1",g\nb,2\n',
    "bad header": b'h"x,g\nb,2\n',
    "semicolons": b"a;1\n",
    "bytes": b"a\0b,1\n\xe9,2\n",
    "empty": b"",
    "named": b"name,count,share,big,mixed,none\nash,1,0.5,5000000000,1,\n\"elm, old\",2,1.25,7,x,\nfir,,-3,8,2.5,\n",
    "named too": b"name,count,share,big,mixed,none\noak,9,2.5,11,4,\nyew,10,3.5,12,5,\n",
    "other names": b"name,number\noak,9\n",
    "kinds": b"a,b,c,d,e,f,g\n1,1_000,nan,1e39,1,-inf, 7 \n2147483648,2,1,1,x,1,+8\n",
    "same names": b"a,b,a,c,d\n1,2,3,4,5\n",
    "ragged rows": b"a,b\n1,2\n3\n",
    "blank rows": b"a,b\n1,2\n\n3,4\n",
    "faults": b"a,b\n1,2\nx,3\n4,5,6\n7,8\n",
    "bare": b"1,2.5,x\n3,4.5,y\n",
}


def tables():
    """The files that pipelines read."""
    for name, text in TEXTS.items():
        (pathlib.Path(TABLES) / name.replace(" ", "_")).write_bytes(text)
    (pathlib.Path(TABLES) / "named.gz").write_bytes(gzip.compress(TEXTS["named"], mtime=0))
    (pathlib.Path(TABLES) / "named.z").write_bytes(zlib.compress(TEXTS["named"]))


def at(name):
    return str(pathlib.Path(TABLES) / name.replace(" ", "_"))


TEXT, NUMBER = tf.constant("d"), tf.constant(7)


def csv(name, *columns, **options):
    names = [at(one) for one in name] if isinstance(name, list) else at(name)
    return E.CsvDataset(names, list(columns or (TEXT, NUMBER)), **options)


def rest(dataset):
    """The elements that can be made."""
    return dataset.ignore_errors()


def table(name, batch=2, **options):
    names = [at(one) for one in name] if isinstance(name, list) else at(name)
    return E.make_csv_dataset(names, batch, **{"num_epochs": 1, "shuffle": False, **options})


def shuffled_tables(**options):
    tf.random.set_seed(6)
    return table(["named", "named too"], shuffle=True, shuffle_seed=3, **options)


LENGTHS = {
    "short": ([2, 0, 3], 2, 1),
    "long": ([4, 0, 5, 3, 2, 5], 2, 1),
    "narrow": ([3, 2, 1], 1, 2),
    "wide": ([1, 2, 3], 8, 1),
    "blocks": ([5, 2, 4, 3, 2], 2, 2),
    "nothing": ([], 2, 1),
}


def legacy(lengths, cycle, block, **options):
    known = tf.constant(lengths or [0], tf.int64)
    return D.range(len(lengths)).apply(
        E.parallel_interleave(
            lambda x: D.range(x * 100, x * 100 + known[x]), cycle_length=cycle, block_length=block, **options
        )
    )


PIPELINES = {
    **{
        f"csv: {name}": (lambda name=name: csv(name))
        for name in ["plain", "open", "returns", "only returns", "delimiters", "quoted", "inner unclosed", "na", "bytes", "empty"]
    },
    **{
        f"csv rest: {name}": (lambda name=name: rest(csv(name)))
        for name in ["blank", "inner", "inner unclosed", "stray", "few", "many", "words", "space before quote"]
    },
    **{f"csv fails: {name}": (lambda name=name: csv(name)) for name in ["blank", "inner", "stray", "few", "many", "words"]},
    "csv of texts": lambda: csv("blanks", TEXT),
    "csv of quoted lines": lambda: csv("quoted lines", TEXT),
    "csv unclosed": lambda: csv("unclosed", NUMBER, TEXT),
    "csv of two faults": lambda: csv("two faults", NUMBER, NUMBER),
    "csv of floats": lambda: csv("floats", tf.float32),
    "csv of doubles": lambda: csv("floats", tf.float64),
    "csv of no float": lambda: csv("no float", tf.float32),
    "csv of no double": lambda: csv("no float", tf.float64),
    "csv of large numbers": lambda: csv("large", tf.int64),
    "csv of required texts": lambda: csv("missing", tf.string, tf.int32),
    "csv of required numbers": lambda: rest(csv("missing", TEXT, tf.int32)),
    "csv with a mark for nothing": lambda: csv("na", na_value="NA"),
    "csv without quotes": lambda: csv("stray", TEXT, TEXT, use_quote_delim=False),
    "csv with semicolons": lambda: csv("semicolons", field_delim=";"),
    "csv with two delimiters": lambda: csv("plain", field_delim=",,"),
    "csv with quotes between": lambda: csv("stray", TEXT, TEXT, TEXT, TEXT, field_delim='"'),
    "csv with a header": lambda: csv("header", header=True),
    "csv with a bad header": lambda: csv("bad header", header=True),
    "csv behind a bad header": lambda: rest(csv("bad header", header=True)),
    "csv with a header of nothing": lambda: csv("empty", header=True),
    "csv with headers": lambda: csv(["plain", "open"], header=True),
    "csv of several": lambda: csv(["open", "plain", "only returns"]),
    "csv that is not there": lambda: csv(["plain", "not there"]),
    "csv selected": lambda: csv("three", tf.string, tf.int32, select_cols=[0, 2]),
    "csv selected beyond": lambda: csv("three", tf.string, tf.int32, select_cols=[0, 3]),
    "csv selected required": lambda: csv("three", tf.int32, select_cols=[1]),
    "csv selected among strays": lambda: csv("three stray", tf.string, tf.int32, select_cols=[0, 2]),
    "csv selected behind strays": lambda: rest(csv("three stray", tf.string, tf.int32, select_cols=[0, 2])),
    "csv selected in no order": lambda: csv("three", TEXT, NUMBER, select_cols=[1, 0]),
    "csv selected below": lambda: csv("three", TEXT, NUMBER, select_cols=[-1, 0]),
    "csv selected too few": lambda: csv("three", TEXT, NUMBER, select_cols=[0]),
    "csv without a column": lambda: csv("three", tf.string, tf.int32, exclude_cols=[1]),
    "csv without the wrong column": lambda: csv("three", tf.string, tf.int32, exclude_cols=[7]),
    "csv without in no order": lambda: csv("three", TEXT, NUMBER, exclude_cols=[1, 0]),
    "csv without below": lambda: csv("three", TEXT, NUMBER, exclude_cols=[-1, 0]),
    "csv with and without": lambda: csv("three", TEXT, NUMBER, select_cols=[0, 1], exclude_cols=[2]),
    "csv by single bytes": lambda: csv("quoted", buffer_size=1),
    "csv by no bytes": lambda: csv("quoted", buffer_size=0),
    "csv with a matrix": lambda: csv("plain", TEXT, tf.constant([[1]])),
    "csv with two defaults": lambda: csv("plain", TEXT, tf.constant([1, 2])),
    "csv with a default in a vector": lambda: csv("delimiters", TEXT, tf.constant([1])),
    "csv in another compression": lambda: csv("plain", compression_type="X"),
    "csv in gzip": lambda: csv("named.gz", tf.string, header=True, select_cols=[0], compression_type="GZIP"),
    "csv in zlib": lambda: csv("named.z", tf.string, header=True, select_cols=[0], compression_type="ZLIB"),
    "table": lambda: table("named"),
    "table of several": lambda: table(["named", "named too"], 3),
    "table in turn": lambda: table(["named", "named too"], 3, num_parallel_reads=2),
    "table with a label": lambda: table("named", label_name="share"),
    "table without end": lambda: table("named", num_epochs=None),
    "table twice": lambda: table("named", 4, num_epochs=2),
    "table shuffled": lambda: shuffled_tables(),
    "table shuffled for ever": lambda: shuffled_tables(num_epochs=None),
    "table shuffled in a small buffer": lambda: shuffled_tables(num_epochs=2, shuffle_buffer_size=2, num_parallel_reads=2),
    "table of kinds": lambda: table("kinds"),
    "table of one row's kinds": lambda: table("kinds", num_rows_for_inference=1),
    "table of all rows' kinds": lambda: table("kinds", num_rows_for_inference=None),
    "table selected": lambda: table("named", select_columns=["share", 0]),
    "table selected twice": lambda: table("named", select_columns=["name", 0]),
    "table selected beyond": lambda: table("named", select_columns=[6]),
    "table selected unknown": lambda: table("other names", select_columns=["size"]),
    "table with defaults": lambda: table(
        "named", select_columns=["name", "count"], column_defaults=[tf.string, tf.constant([8], tf.int64)]
    ),
    "table with too few defaults": lambda: table("named", select_columns=["name", "count"], column_defaults=[tf.string]),
    "table with names": lambda: table("bare", header=False, column_names=["x", "y", "z"]),
    "table without names": lambda: table("bare", header=False),
    "table of other names": lambda: table(["named", "other names"]),
    "table of the same names": lambda: table("same names"),
    "table of nothing": lambda: table("empty"),
    "table of no files": lambda: table("not there"),
    "table of no files among several": lambda: table(["not there", "nor there"]),
    "table of no patterns": lambda: table([]),
    "table with an unknown label": lambda: table("other names", label_name="size"),
    "table of ragged rows": lambda: table("ragged rows"),
    "table of blank rows": lambda: table("blank rows"),
    "table of faults": lambda: table("faults", num_rows_for_inference=1),
    "table of faults ignored": lambda: table("faults", num_rows_for_inference=1, ignore_errors=True),
    "table with a mark for nothing": lambda: table("named", na_value="2"),
    "table in gzip": lambda: table("named.gz", compression_type="GZIP"),
    "table in zlib": lambda: table("named.z", compression_type="ZLIB"),
    "table in zlib, described": lambda: table(
        "named.z", compression_type="ZLIB", column_names=list("abcdef"), column_defaults=[""] * 6, batch=3
    ),
    "table in another compression": lambda: table("named", compression_type="X"),
    **{f"in turn: {name}": (lambda given=given: legacy(*given)) for name, given in LENGTHS.items()},
    "in turn in no cycle": lambda: legacy([1, 2], 0, 1),
    "in turn in no blocks": lambda: legacy([1, 2], 2, 0),
    "in turn without a buffer": lambda: legacy([1, 2], 2, 1, buffer_output_elements=0),
    "in turn with fewer than none": lambda: legacy([1, 2], 2, 1, prefetch_input_elements=-1),
    "in turn failing": lambda: D.range(3).apply(E.parallel_interleave(lambda x: D.range(1 // x), 2)),
}
