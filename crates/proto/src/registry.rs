//! Every message by its full name, for `Any` and for tools that go by name.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::descriptor::{Described, Descriptor, Kind};
use crate::{
    BatchingOptions, BundleEntryProto, BundleHeaderProto, CallableOptions, CheckpointState,
    CleanupAllRequest, CleanupAllResponse, CleanupGraphRequest, CleanupGraphResponse, CloseSessionRequest,
    CloseSessionResponse, CompositeTensorVariantMetadata, ControlFlowContextDef,
    CppShapeInferenceInputsNeeded, CppShapeInferenceResult, CreateSessionRequest, CreateSessionResponse,
    CreateWorkerSessionRequest, CreateWorkerSessionResponse, DebuggedSourceFiles, DeleteWorkerSessionRequest,
    DeleteWorkerSessionResponse, DeregisterGraphRequest, DeregisterGraphResponse, DeviceAttributes, Event,
    Example, ExampleParserConfiguration, ExtendSessionRequest, ExtendSessionResponse, FingerprintDef,
    GetStatusRequest, GetStatusResponse, KernelList, ListDevicesRequest, ListDevicesResponse, LoggingRequest,
    LoggingResponse, MakeCallableRequest, MakeCallableResponse, MarkRecvFinishedRequest,
    MarkRecvFinishedResponse, NamedTensorProto, PartialRunSetupRequest, PartialRunSetupResponse,
    QueueRunnerDef, RecvTensorRequest, RecvTensorResponse, RegisterGraphRequest, RegisterGraphResponse,
    ReleaseCallableRequest, ReleaseCallableResponse, ResetRequest, ResetResponse, RunCallableRequest,
    RunCallableResponse, RunGraphRequest, RunGraphResponse, RunMetadata, RunStepRequest, RunStepResponse,
    SavedModel, SavedTensorSlices, SequenceExample, ServerDef, SummaryDescription, TracingRequest,
    TracingResponse, TrackableObjectGraph, VariableDef,
};

/// The descriptor of the message of that full name, such as `tensorflow.NodeDef`, if it is one of this crate's.
///
/// ```
/// use ferroflow_proto::registry;
/// assert_eq!(registry::find("tensorflow.NodeDef").map(|found| found.fields.len()), Some(7));
/// assert!(registry::find("tensorflow.NoSuchMessage").is_none());
/// ```
pub fn find(name: &str) -> Option<&'static Descriptor> {
    all().get(name).copied()
}

/// Every message's descriptor by its full name.
pub fn all() -> &'static BTreeMap<&'static str, &'static Descriptor> {
    static ALL: OnceLock<BTreeMap<&'static str, &'static Descriptor>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut found = BTreeMap::new();
        let mut open: Vec<_> = ROOTS.iter().map(|root| root()).collect();
        while let Some(descriptor) = open.pop() {
            if found.insert(descriptor.name, descriptor).is_none() {
                open.extend(descriptor.fields.iter().filter_map(|field| match field.kind {
                    Kind::Message(inner) => Some(inner()),
                    _ => None,
                }));
            }
        }
        found
    })
}

/// The messages that no other message has a field of; all others are reached from these.
const ROOTS: &[fn() -> &'static Descriptor] = &[
    BatchingOptions::descriptor,
    BundleEntryProto::descriptor,
    BundleHeaderProto::descriptor,
    CallableOptions::descriptor,
    CheckpointState::descriptor,
    CompositeTensorVariantMetadata::descriptor,
    ControlFlowContextDef::descriptor,
    DebuggedSourceFiles::descriptor,
    DeviceAttributes::descriptor,
    Event::descriptor,
    Example::descriptor,
    ExampleParserConfiguration::descriptor,
    FingerprintDef::descriptor,
    KernelList::descriptor,
    NamedTensorProto::descriptor,
    QueueRunnerDef::descriptor,
    RunMetadata::descriptor,
    SavedModel::descriptor,
    SavedTensorSlices::descriptor,
    SequenceExample::descriptor,
    ServerDef::descriptor,
    SummaryDescription::descriptor,
    TrackableObjectGraph::descriptor,
    VariableDef::descriptor,
    CleanupAllRequest::descriptor,
    CleanupAllResponse::descriptor,
    CleanupGraphRequest::descriptor,
    CleanupGraphResponse::descriptor,
    CloseSessionRequest::descriptor,
    CloseSessionResponse::descriptor,
    CreateSessionRequest::descriptor,
    CreateSessionResponse::descriptor,
    ExtendSessionRequest::descriptor,
    ExtendSessionResponse::descriptor,
    GetStatusRequest::descriptor,
    GetStatusResponse::descriptor,
    ListDevicesRequest::descriptor,
    ListDevicesResponse::descriptor,
    MakeCallableRequest::descriptor,
    MakeCallableResponse::descriptor,
    PartialRunSetupRequest::descriptor,
    PartialRunSetupResponse::descriptor,
    ReleaseCallableRequest::descriptor,
    ReleaseCallableResponse::descriptor,
    ResetRequest::descriptor,
    ResetResponse::descriptor,
    RunCallableRequest::descriptor,
    RunCallableResponse::descriptor,
    RunStepRequest::descriptor,
    RunStepResponse::descriptor,
    CreateWorkerSessionRequest::descriptor,
    CreateWorkerSessionResponse::descriptor,
    DeleteWorkerSessionRequest::descriptor,
    DeleteWorkerSessionResponse::descriptor,
    RegisterGraphRequest::descriptor,
    RegisterGraphResponse::descriptor,
    DeregisterGraphRequest::descriptor,
    DeregisterGraphResponse::descriptor,
    RunGraphRequest::descriptor,
    RunGraphResponse::descriptor,
    RecvTensorRequest::descriptor,
    RecvTensorResponse::descriptor,
    LoggingRequest::descriptor,
    LoggingResponse::descriptor,
    TracingRequest::descriptor,
    TracingResponse::descriptor,
    MarkRecvFinishedRequest::descriptor,
    MarkRecvFinishedResponse::descriptor,
    CppShapeInferenceInputsNeeded::descriptor,
    CppShapeInferenceResult::descriptor,
];
