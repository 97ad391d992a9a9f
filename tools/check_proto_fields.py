"""Writes, or checks, the fields of TensorFlow's messages that crates/proto knows.

    python tools/check_proto_fields.py --write   # rewrites crates/proto/tests/fields.txt from TensorFlow's descriptors
    python tools/check_proto_fields.py           # fails if the file differs from TensorFlow's descriptors

The file holds every message and enum reached from ROOTS, sorted by full name: a `message` line and a line a field
(number, name, label, type), or an `enum` line and a line a value. A test of crates/proto compares the file with
the crate's own descriptors, so that drift shows without TensorFlow. Needs TensorFlow 2.21.
"""

import difflib
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import tensorflow  # noqa: F401  (registers most of the descriptors)
from embedded_protos import load_embedded
from google.protobuf import descriptor_pb2, descriptor_pool
from tensorflow.core.example import example_parser_configuration_pb2  # noqa: F401
from tensorflow.core.framework import cpp_shape_inference_pb2, kernel_def_pb2  # noqa: F401
from tensorflow.core.protobuf import (  # noqa: F401
    composite_tensor_variant_pb2,
    fingerprint_pb2,
    named_tensor_pb2,
    queue_runner_pb2,
    tensor_bundle_pb2,
    tensorflow_server_pb2,
)
from tensorflow.core.util import event_pb2, saved_tensor_slice_pb2  # noqa: F401
from tensorflow.python.training import checkpoint_state_pb2  # noqa: F401

ROOTS = """
tensorflow.BatchingOptions
tensorflow.BundleEntryProto
tensorflow.BundleHeaderProto
tensorflow.CallableOptions
tensorflow.CheckpointState
tensorflow.CompositeTensorVariantMetadata
tensorflow.ControlFlowContextDef
tensorflow.DebuggedSourceFiles
tensorflow.DeviceAttributes
tensorflow.Event
tensorflow.Example
tensorflow.ExampleParserConfiguration
tensorflow.FingerprintDef
tensorflow.KernelList
tensorflow.NamedTensorProto
tensorflow.QueueRunnerDef
tensorflow.RunMetadata
tensorflow.SavedModel
tensorflow.SavedTensorSlices
tensorflow.SequenceExample
tensorflow.ServerDef
tensorflow.SummaryDescription
tensorflow.TrackableObjectGraph
tensorflow.VariableDef
tensorflow.CleanupAllRequest
tensorflow.CleanupAllResponse
tensorflow.CleanupGraphRequest
tensorflow.CleanupGraphResponse
tensorflow.CloseSessionRequest
tensorflow.CloseSessionResponse
tensorflow.CreateSessionRequest
tensorflow.CreateSessionResponse
tensorflow.ExtendSessionRequest
tensorflow.ExtendSessionResponse
tensorflow.GetStatusRequest
tensorflow.GetStatusResponse
tensorflow.ListDevicesRequest
tensorflow.ListDevicesResponse
tensorflow.MakeCallableRequest
tensorflow.MakeCallableResponse
tensorflow.PartialRunSetupRequest
tensorflow.PartialRunSetupResponse
tensorflow.ReleaseCallableRequest
tensorflow.ReleaseCallableResponse
tensorflow.ResetRequest
tensorflow.ResetResponse
tensorflow.RunCallableRequest
tensorflow.RunCallableResponse
tensorflow.RunStepRequest
tensorflow.RunStepResponse
tensorflow.CreateWorkerSessionRequest
tensorflow.CreateWorkerSessionResponse
tensorflow.DeleteWorkerSessionRequest
tensorflow.DeleteWorkerSessionResponse
tensorflow.RegisterGraphRequest
tensorflow.RegisterGraphResponse
tensorflow.DeregisterGraphRequest
tensorflow.DeregisterGraphResponse
tensorflow.RunGraphRequest
tensorflow.RunGraphResponse
tensorflow.RecvTensorRequest
tensorflow.RecvTensorResponse
tensorflow.LoggingRequest
tensorflow.LoggingResponse
tensorflow.TracingRequest
tensorflow.TracingResponse
tensorflow.MarkRecvFinishedRequest
tensorflow.MarkRecvFinishedResponse
tensorflow.core.CppShapeInferenceInputsNeeded
tensorflow.core.CppShapeInferenceResult
""".split()

FILE = pathlib.Path(__file__).parent.parent / "crates/proto/tests/fields.txt"
KINDS = {number: name[len("TYPE_") :].lower() for name, number in descriptor_pb2.FieldDescriptorProto.Type.items()}


def is_map(field):
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def kind(field):
    named = field.message_type or field.enum_type
    return named.full_name if named else KINDS[field.type]


def is_synthetic(oneof):
    """Whether a oneof is protobuf's way to write `optional`."""
    return len(oneof.fields) == 1 and oneof.name == "_" + oneof.fields[0].name


def field_line(field):
    if is_map(field):
        key, value = field.message_type.fields_by_name["key"], field.message_type.fields_by_name["value"]
        label = f"{'explicit_map' if key.has_presence else 'map'} {kind(key)} {kind(value)}"
    elif field.is_repeated:
        label = f"many {kind(field)}"
        assert field.type in (9, 11, 12) or field.is_packed, field.full_name
    elif field.containing_oneof and not is_synthetic(field.containing_oneof):
        label = f"member {field.containing_oneof.name} {kind(field)}"
    elif field.has_presence and field.message_type is None:
        label = f"optional {kind(field)}"
    else:
        label = f"one {kind(field)}"
    return f"{field.number} {field.name} {label}"


def reached():
    """Every message and enum reached from ROOTS, by full name."""
    load_embedded()
    pool = descriptor_pool.Default()
    found = {}
    todo = [pool.FindMessageTypeByName(name) for name in ROOTS]
    while todo:
        descriptor = todo.pop()
        if descriptor.full_name in found:
            continue
        found[descriptor.full_name] = descriptor
        for field in getattr(descriptor, "fields", ()):
            if is_map(field):
                field = field.message_type.fields_by_name["value"]
            todo += [inner for inner in (field.message_type, field.enum_type) if inner]
    return found


def dump():
    lines = []
    for name, descriptor in sorted(reached().items()):
        if hasattr(descriptor, "fields"):
            lines.append(f"message {name}")
            lines += ["  " + field_line(field) for field in sorted(descriptor.fields, key=lambda field: field.number)]
        else:
            lines.append(f"enum {name}")
            lines += [f"  {value.name} {value.number}" for value in descriptor.values]
    return "".join(line + "\n" for line in lines)


def main():
    new = dump()
    if "--write" in sys.argv[1:]:
        FILE.write_text(new)
        return
    old = FILE.read_text()
    if old != new:
        sys.stdout.writelines(
            difflib.unified_diff(old.splitlines(True), new.splitlines(True), str(FILE), "TensorFlow's descriptors")
        )
        sys.exit(1)


if __name__ == "__main__":
    main()
