"""Texts for tools/record_proto_cases.py to parse, right and wrong, by the message they are for."""

_STRINGS = r"""
"\?"
"\400"
"a\400"
"\x"
"\xg"
"a\x"
"\xfff"
"\xF g"
"\\xF"
"\x{1}"
"\u00e9"
"\u0100\x"
"\ud83d"
"ab\ud83d"
"\U0001F600"
"\U00110000"
"\u12"
"é\u1"
"ab\U0001f60"
"\u005cn"
"\\u00e9"
"\\\u00e9"
"\q"
"\e"
"\08"
"\1234"
"\a\b\f\n\r\t\v\0\\\'\""
"é日本"
'it\'s' "a\"b"
'"' "'"
"a" "b"'c'
"a"x
"a
'a
"a\
"abc\"
"a'
"\N"
"\N{foo}"
5
a
"""

_INTS = """
1_000
0x1F
-0x1f
0XfF
017
-017
+017
+7
08
00
-0
0b11
0o17
0o
1.0
1e3
--1
-
- 1
abc
9223372036854775808
2147483648
2147483647
-2147483648
-2147483649
1__0
1_
0_7
99999999999999999999999999999999999999999999999999
-0x80000000
0x_1
1L
"1"
"""

_FLOATS = """
1
1.5f
1.5F
1.5ff
inf
-inf
INFINITY
-infinityf
inff
nan
nanf
-nan
+inf
1e39
-1e39
1e400
1e-50
01.5
-01.5
00
0
-0
0.5
.5
-.5
5.
.
1_0.5
1__0
_1
0x10
infx
1e
1e5
1E+5
1.17549435e-38
16777217
0.1
"1"
f
"""

TEXTS = {
    "tensorflow.AttrValue": [f"s: {text}" for text in _STRINGS.strip("\n").split("\n")]
    + [
        's: "a\nb"',
        's: "a" i: 5',
        's: "a" s: "b"',
        "i: 0 i: 0",
        "i: 9223372036854775807",
        "i: -9223372036854775808",
        "i: -9223372036854775809",
        "list {} list {}",
        'list {} s: ""',
        'func { name: "f" attr { key: "a" value { i: 1 } } attr { key: "a" value { i: 2 } } }',
        "func { attr { } }",
        'func { attr { key: "a" key: "b" } }',
        "func { attr { value { } value { } } }",
        "func { attr { x: 1 } }",
        'func { attr { key: "a"; value: { b: true }, } }',
        "func { attr { value { } [a/b] {} } }",
        'func { attr: [{key:"b"},{key:"a" value:<b:true>}] }',
        'func { attr: [{key:"b"} {key:"a"}] }',
        'func { attr { key: "a"',
        "func { attr: ",
        "placeholder: \"\\377\"",
        "shape: { dim: { size: 3 name: 'n' } dim < size: -1 > }",
        "type: DT_FLOAT_REF",
    ],
    "tensorflow.VariantTensorDataProto": [
        f"type_name: {text}"
        for text in (
            r'"\377"',
            r'"\303"',
            r'"\303("',
            r'"ab\360\237\230"',
            r'"\360\237\230(" tensors {}',
            r'"\360("',
            r'"\200"',
            r'"\300\200"',
            r'"\340\200\200"',
            r'"\355\240\200"',
            r'"\364\220\200\200"',
            r'"a\303" "\251"',
        )
    ],
    "tensorflow.TensorProto": [f"version_number: {text}" for text in _INTS.strip().split("\n")]
    + [f"float_val: {text}" for text in _FLOATS.strip().split("\n")]
    + [f"double_val: {text}" for text in _FLOATS.strip().split("\n")]
    + [f"bool_val: {text}" for text in ("true", "t", "1", "True", "false", "f", "0", "False", "2", "TRUE", '"true"', "")]
    + [f"dtype: {text}" for text in ("DT_FLOAT", "1", "0x2", "77", "-5", "DT_X", "010", '"DT_FLOAT"', "1.0", "dt_float")]
    + [f"uint64_val: {text}" for text in ("18446744073709551615", "18446744073709551616", "-1", "0", "0xffffffffffffffff")]
    + [f"uint32_val: {text}" for text in ("4294967295", "4294967296", "-1")]
    + [
        "",
        "version_number: ",
        "version_number: 0 version_number: 5",
        "version_number: 5 version_number: 0",
        "version_number: 5 version_number: 5",
        "tensor_shape {} tensor_shape {}",
        "tensor_shape { dim { size: 1 } } tensor_shape { dim { size: 2 } }",
        "int_val: [1,2,3] int_val: 4",
        "int_val: []",
        "int_val: [1,2,]",
        "int_val: [1 2]",
        "int_val: [1, 2",
        "int_val 5",
        "int_val",
        "int_val: 1; int_val: 2, int_val: 3",
        "int_val: 1;; int_val: 2",
        "int_val: 1,; int_val: 2",
        "version_number: [1]",
        "tensor_shape: { dim: [{size: 1}, <size: 2>] }",
        "tensor_shape { dim: [] }",
        "tensor_shape 5",
        "tensor_shape { dim { size: 1 > }",
        "tensor_shape { dim { size: 1 }",
        "tensor_shape <",
        "TensorShape {}",
        "dtype: DT_FLOAT # c\n#d\n version_number: 3",
        "[foo.bar]: 5",
        "[5]: 1",
        "[foo",
        "[foo.",
        "8: \"x\"",
        "tensor_shape: [{}]",
        "a-b: 1",
        "é: 1",
        "-: 1",
        "\"x\": 1",
        "tensor_shape [ {} ]",
        "string_val: [\"a\" \"b\", 'c']",
        "{",
        "}",
        ":",
        "é",
        "日本 int",
        "string_val: 1",
        "string_val: é",
        "string_val: \"é\" \"b",
        "string_val: \"日本\" int_val: x",
        "tensor_shape { unknown_rank: true } ; dtype: 1,",
        "\n\n  int_val:\n\n",
        "\tint_val: x",
        "int_val: 1\n\n  é: 5",
        "int_val: 1\n\n\n  int_val",
        "dtype: DT_FLOAT dtype: DT_FLOAT",
        "dtype: DT_INVALID dtype: DT_FLOAT",
        "tensor_shape:: {}",
        "int_val: 1 # tail",
        "#only",
        "# \"quote\nint_val: 1 #'",
        " \x0b\x0cint_val:\xa01",
        "int_val:\u20281",
        "int_val: 1\r\nint_val: 2\r\n",
        "int_val:\x1c1\x1f",
        "int_val: 5int_val: 6",
        "int_val: 5\"a\"",
        "tensor_content: \"a\"'b'\n  \"c\" # x\n 'd'",
        "variant_val { type_name: 'n' tensors { int_val: 1 } tensors: { int_val: 2 } }",
        "int_val: \x01",
        "string_val: \"\x01\" string_val: 'tab\there'",
    ],
    "tensorflow.FunctionDef": [
        'ret { key: "a" }',
        'ret { value: "a" value: "b" }',
        'ret { key: "" key: "b" }',
        'ret: {key: "a" value: "b"} ret {key: "a" value: "c"}',
        'ret { key: "b" } ret { key: "a" }',
        'ret { key: "a" value: 5}',
        "ret { key: 5 }",
        "ret {}",
        "resource_arg_unique_id { key: -1 }",
        "resource_arg_unique_id { key: 4294967296 }",
        "resource_arg_unique_id { key: 5 value: 5 value: 6 }",
        'arg_attr { key: 1 value { attr { key: "x" } } }',
        "control_ret [ ]",
        "control_ret: 1",
    ],
    "tensorflow.MetaGraphDef.MetaInfoDef": [
        f"any_info {{ {text} }}"
        for text in (
            '[type.googleapis.com/tensorflow.NodeDef] { name: "x" }',
            '[type.googleapis.com/tensorflow.NodeDef]: < name: "x" >',
            "[ type.googleapis.com / tensorflow . NodeDef ] { }",
            "[type.googleapis.com/no.Such] { }",
            "[foo] { }",
            "[/foo] { }",
            "[//foo] { }",
            "[] { }",
            "[a/b/c.d] { }",
            "[a%2/tensorflow.NodeDef] {}",
            "[a%/tensorflow.NodeDef] {}",
            "[a%zz/tensorflow.NodeDef] {}",
            "[a%20b c/tensorflow.NodeDef] { name: \"x\"}",
            "[a/5x] {}",
            "[a/x.] {}",
            "[a/tensorflow.NodeDef { }",
            "[a/] { }",
            "[a\"b\"/x] { }",
            "[a/tensorflow.NodeDef] 5",
            "[a/tensorflow.NodeDef] { nam: 1 }",
            'type_url: "x" value: "y"',
            '[a/tensorflow.NodeDef] { name: "x" } [b/tensorflow.NodeDef] { name: "y" }',
            'type_url: "x" [b/tensorflow.NodeDef] { name: "y" }',
            '[b/tensorflow.NodeDef] { name: "y" } type_url: "x"',
            '[b/tensorflow.NodeDef] { name: "y" }, type_url: "x"',
            "[a/tensorflow.MetaGraphDef.MetaInfoDef] { any_info { [b/tensorflow.VersionDef] { producer: 3 } } }",
        )
    ],
    "tensorflow.GraphDebugInfo.FileLineCol": ["line: 0 col: 0", "line: 0 line: 0", "func: ''", "file_index: 1, line: 2; col: 3"],
    "tensorflow.CheckpointState": [
        'model_checkpoint_path: "model-3"\nall_model_checkpoint_paths: "model-2"\nall_model_checkpoint_paths: "model-3"\n'
        "all_model_checkpoint_timestamps: 1.5\nlast_preserved_timestamp: 1616161616.25\n",
    ],
}
