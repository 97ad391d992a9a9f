//! Checkpoints that no writer writes: tables built by hand, and recorded ones cut and flipped at every byte.

use crate::fixtures::Scratch;
use ferroflow_core::{Code, Error, NdArray, Result};
use ferroflow_formats::CheckpointReader;
use ferroflow_proto::tensor_slice_proto::extent::HasLengthHack;
use ferroflow_proto::{BundleEntryProto, BundleHeaderProto, DataType, Message, TensorShapeProto, VersionDef};
use ferroflow_proto::{TensorSliceProto, tensor_shape_proto, tensor_slice_proto::Extent};

fn masked(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 127 {
        bytes.push(value as u8 | 128);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A block with its trailer, the entries given as they are.
fn block(entries: &[u8], compression: u8) -> Vec<u8> {
    let mut contents = entries.to_vec();
    contents.extend([0, 0, 0, 0, 1, 0, 0, 0]);
    if compression == 1 {
        contents = snap::raw::Encoder::new().compress_vec(&contents).unwrap();
    }
    contents.push(compression);
    let crc = masked(&contents);
    contents.extend(crc.to_le_bytes());
    contents
}

/// An entry that shares this many bytes of its key with the one before.
fn raw_entry(shared: u64, key: &[u8], value: &[u8]) -> Vec<u8> {
    [&varint(shared), &varint(key.len() as u64), &varint(value.len() as u64), key, value].concat()
}

/// A table of these data blocks.
fn table(blocks: &[Vec<u8>]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut index = Vec::new();
    for (position, block) in blocks.iter().enumerate() {
        let handle = [varint(file.len() as u64), varint(block.len() as u64 - 5)].concat();
        index.extend(raw_entry(0, &[b'~', position as u8], &handle));
        file.extend(block);
    }
    let index = block(&index, 0);
    let mut footer =
        [varint(0), varint(0), varint(file.len() as u64), varint(index.len() as u64 - 5)].concat();
    footer.resize(40, 0);
    file.extend(index);
    file.extend(footer);
    file.extend(0xdb47_7524_8b80_fb57_u64.to_le_bytes());
    file
}

fn header() -> BundleHeaderProto {
    let version = VersionDef { producer: 1, ..VersionDef::default() };
    BundleHeaderProto { num_shards: 1, version: Some(version), ..BundleHeaderProto::default() }
}

/// An entry of `float32` elements at an offset of the data.
fn entry(dims: &[i64], offset: usize, data: &[u8]) -> BundleEntryProto {
    let dim = |&size| tensor_shape_proto::Dim { size, name: String::new() };
    let size = dims.iter().product::<i64>() * 4;
    let bytes = data.get(offset..offset + size as usize).unwrap_or_default();
    BundleEntryProto {
        dtype: DataType::Float as i32,
        shape: Some(TensorShapeProto { dim: dims.iter().map(dim).collect(), unknown_rank: false }),
        offset: offset as i64,
        size,
        crc32c: masked(bytes),
        ..BundleEntryProto::default()
    }
}

/// Data of four numbers, and the checkpoint of the given entries that lies in it.
struct Bundle {
    scratch: Scratch,
    data: Vec<u8>,
}

impl Bundle {
    fn new() -> Bundle {
        let data: Vec<u8> = [0f32, 1.0, 2.0, 3.0].iter().flat_map(|value| value.to_le_bytes()).collect();
        let scratch = Scratch::new();
        scratch.write("m.data-00000-of-00001", &data);
        Bundle { scratch, data }
    }

    fn good(&self) -> BundleEntryProto {
        entry(&[4], 0, &self.data)
    }

    fn read_table(&self, file: &[u8]) -> Result<NdArray> {
        self.scratch.write("m.index", file);
        CheckpointReader::open(self.scratch.path("m"))?.read("k")
    }

    /// What reading the tensor `k` gives of a checkpoint with these entries, keys in order.
    fn read(&self, header: &BundleHeaderProto, entries: &[(&[u8], Vec<u8>)]) -> Result<NdArray> {
        let mut block_entries = raw_entry(0, b"", &header.encode_to_vec());
        block_entries.extend(entries.iter().flat_map(|(key, value)| raw_entry(0, key, value)));
        self.read_table(&table(&[block(&block_entries, 0)]))
    }

    fn read_entry(&self, change: impl FnOnce(&mut BundleEntryProto)) -> (Code, String) {
        let mut entry = self.good();
        change(&mut entry);
        self.error(self.read(&header(), &[(b"k", entry.encode_to_vec())]))
    }

    fn error(&self, result: Result<NdArray>) -> (Code, String) {
        let error: Error = result.unwrap_err();
        let directory = self.scratch.path("").display().to_string();
        (error.code(), error.message().replace(directory.trim_end_matches('/'), "DIR"))
    }
}

fn is(code: Code, message: &str) -> (Code, String) {
    (code, message.to_string())
}

const UNREADABLE: &str = "Unable to read file (DIR/m.index). Perhaps the file is corrupt or was produced by a newer \
                          version of TensorFlow with format changes";

#[test]
fn compressed_blocks() {
    let bundle = Bundle::new();
    let entries =
        [raw_entry(0, b"", &header().encode_to_vec()), raw_entry(0, b"k", &bundle.good().encode_to_vec())];
    let expected = NdArray::vector(vec![0f32, 1.0, 2.0, 3.0]);
    assert_eq!(bundle.read_table(&table(&[block(&entries.concat(), 1)])).unwrap(), expected);
    let blocks: Vec<_> = entries.iter().map(|entry| block(entry, 1)).collect();
    assert_eq!(bundle.read_table(&table(&blocks)).unwrap(), expected);
}

#[test]
fn block_types_and_contents() {
    let bundle = Bundle::new();
    let with_type = |compression: u8| {
        let mut file = block(b"", 0);
        file.truncate(file.len() - 5);
        file.push(compression);
        let crc = masked(&file);
        file.extend(crc.to_le_bytes());
        bundle.error(bundle.read_table(&table(&[file])))
    };
    let message = |cause: &str| format!("{UNREADABLE} (failed to seek to header entry): {cause}");
    assert_eq!(with_type(7), (Code::DataLoss, message("bad block type")));
    assert_eq!(with_type(1), (Code::DataLoss, message("corrupted compressed block contents")));
    assert_eq!(with_type(0), is(Code::Internal, &format!("{UNREADABLE} (failed to seek to header entry)")));
    // A compressed size of 4 GiB is not believed.
    let mut bomb = vec![0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0, 1];
    let crc = masked(&bomb);
    bomb.extend(crc.to_le_bytes());
    let error = bundle.error(bundle.read_table(&table(&[bomb])));
    assert_eq!(error, (Code::DataLoss, message("corrupted compressed block contents")));
}

#[test]
fn keys_that_grow_without_end_or_go_back() {
    let bundle = Bundle::new();
    let mut entries = raw_entry(0, b"", &header().encode_to_vec());
    entries.extend(raw_entry(0, &[b'k'; 5000], &bundle.good().encode_to_vec()));
    for shared in 5000..50_000 {
        entries.extend(raw_entry(shared, b"k", &bundle.good().encode_to_vec()));
    }
    let error = bundle.error(bundle.read_table(&table(&[block(&entries, 0)])));
    assert_eq!(error, is(Code::DataLoss, "bad entry in block"));
    let one = block(&raw_entry(0, b"", &header().encode_to_vec()), 0);
    let error = bundle.error(bundle.read_table(&table(&[one.clone(), one])));
    assert_eq!(error, is(Code::DataLoss, "bad entry in block"));
}

#[test]
fn headers() {
    let bundle = Bundle::new();
    let good = bundle.good().encode_to_vec();
    let read = |change: &dyn Fn(&mut BundleHeaderProto)| {
        let mut header = header();
        change(&mut header);
        bundle.error(bundle.read(&header, &[(b"k", good.clone())]))
    };
    assert_eq!(
        read(&|header| header.version.as_mut().unwrap().min_consumer = 5),
        is(
            Code::InvalidArgument,
            "Checkpoint min consumer version 5 above current version 1 for TensorFlow 2.21.0.  Please upgrade \
             TensorFlow."
        )
    );
    assert_eq!(
        read(&|header| header.version.as_mut().unwrap().bad_consumers.push(1)),
        is(
            Code::InvalidArgument,
            "Checkpoint disallows consumer version 1.  Please upgrade TensorFlow: this version is likely buggy."
        )
    );
    assert_eq!(
        read(&|header| header.num_shards = 0),
        is(Code::NotFound, "DIR/m.data-00000-of-00000; No such file or directory")
    );
    assert_eq!(read(&|header| header.endianness = 1).0, Code::Unimplemented);
    assert_eq!(read(&|header| header.num_shards = -1).0, Code::DataLoss);
    let unparseable = table(&[block(&raw_entry(0, b"", b"\xff\xff"), 0)]);
    assert_eq!(
        bundle.error(bundle.read_table(&unparseable)),
        is(Code::DataLoss, &format!("{UNREADABLE} (unable to parse header): Entry for key  not parseable."))
    );
}

#[test]
fn entries() {
    let bundle = Bundle::new();
    assert_eq!(
        bundle.error(bundle.read(&header(), &[(b"k", b"\xff".to_vec())])),
        is(Code::DataLoss, "Entry for key k not parseable.")
    );
    assert_eq!(
        bundle.read_entry(|entry| entry.size = 12),
        is(Code::DataLoss, "Invalid size in bundle entry: key k; stored size 12; expected size 16")
    );
    assert_eq!(
        bundle.read_entry(|entry| entry.offset = 3),
        is(Code::OutOfRange, "Read less bytes than requested")
    );
    assert_eq!(
        bundle.read_entry(|entry| entry.offset = -3),
        is(Code::InvalidArgument, "Seeking to a negative position: -3")
    );
    assert_eq!(
        bundle.read_entry(|entry| entry.shard_id = 3),
        is(Code::NotFound, "DIR/m.data-00003-of-00001; No such file or directory")
    );
    assert_eq!(
        bundle.read_entry(|entry| {
            entry.dtype = DataType::String as i32;
            entry.shape.as_mut().unwrap().dim[0].size = 100_000_000;
        }),
        is(
            Code::DataLoss,
            "Invalid size in bundle entry: key k; stored size 16; expected size is at least 100000000"
        )
    );
    let data_loss = |change: &dyn Fn(&mut BundleEntryProto)| {
        assert_eq!(bundle.read_entry(change).0, Code::DataLoss);
    };
    data_loss(&|entry| entry.dtype = 77);
    data_loss(&|entry| entry.dtype = 0);
    data_loss(&|entry| entry.dtype = DataType::FloatRef as i32);
    data_loss(&|entry| entry.size = -1);
    data_loss(&|entry| entry.shape.as_mut().unwrap().dim[0].size = -4);
    data_loss(&|entry| {
        let dim = entry.shape.as_mut().unwrap().dim[0].clone();
        entry.shape.as_mut().unwrap().dim = vec![dim; 64];
    });
    assert_eq!(bundle.read_entry(|entry| entry.dtype = DataType::Variant as i32).0, Code::Unimplemented);
}

/// Slices of a tensor of shape `[4, 1]`: (start, length) of its rows.
fn sliced(slices: &[(i64, i64)]) -> Vec<u8> {
    let slice = |&(start, length): &(i64, i64)| TensorSliceProto {
        extent: vec![
            Extent { start, has_length_hack: Some(HasLengthHack::Length(length)) },
            Extent::default(),
        ],
    };
    let mut whole = entry(&[4, 1], 0, &[0; 16]);
    whole.slices = slices.iter().map(slice).collect();
    whole.encode_to_vec()
}

fn slice_key(start: u8, length: u8) -> Vec<u8> {
    [&b"\0k\0\x01\x01\x02"[..], &[0x80 + start, 0x80 + length, 0x80, 0x7f]].concat()
}

#[test]
fn partitions() {
    let bundle = Bundle::new();
    let part = |at: usize| entry(&[2, 1], at, &bundle.data).encode_to_vec();
    let (first, second) = (slice_key(0, 2), slice_key(2, 2));
    let read = |entries: &[(&[u8], Vec<u8>)]| bundle.read(&header(), entries);
    let whole = sliced(&[(0, 2), (2, 2)]);
    let joined = read(&[(&first, part(0)), (&second, part(8)), (b"k", whole.clone())]).unwrap();
    assert_eq!(joined, NdArray::from_vec(&[4, 1], vec![0f32, 1.0, 2.0, 3.0]).unwrap());
    let error = |entries: &[(&[u8], Vec<u8>)]| bundle.error(read(entries));
    assert_eq!(error(&[(&first, part(0)), (b"k", whole.clone())]).0, Code::NotFound);
    assert_eq!(
        error(&[(&first, part(0)), (b"k", sliced(&[(0, 2)]))]),
        is(
            Code::InvalidArgument,
            "Does not have sufficient slices for partitioned tensor k to restore in slice_spec: -:-"
        )
    );
    assert_eq!(
        error(&[(&first, part(0)), (&slice_key(1, 2), part(4)), (b"k", sliced(&[(0, 2), (1, 2)]))]),
        is(Code::Internal, "Overlapping slices: existing slice = 0,2:-, new slice = 1,2:-")
    );
    assert_eq!(
        error(&[(&first, part(0)), (b"k", sliced(&[(0, 2), (3, 2)]))]),
        is(Code::Internal, "Extent in dimension 0 out of bounds: shape = [4,1], slice = 3,2:-")
    );
    // TensorFlow aborts on the first and reads the second as if it were whole.
    let wrong_shape = bundle.good().encode_to_vec();
    assert_eq!(error(&[(&first, part(0)), (&second, wrong_shape), (b"k", whole.clone())]).0, Code::DataLoss);
    let mut wrong_dtype = entry(&[2, 1], 8, &bundle.data);
    wrong_dtype.dtype = DataType::Int32 as i32;
    assert_eq!(
        error(&[(&first, part(0)), (&second, wrong_dtype.encode_to_vec()), (b"k", whole)]).0,
        Code::DataLoss
    );
}

#[test]
fn a_partitioned_tensor_larger_than_its_data_is_not_allocated() {
    let bundle = Bundle::new();
    let mut whole = entry(&[4, 1], 0, &bundle.data);
    whole.shape.as_mut().unwrap().dim[0].size = 1 << 50;
    let extent = Extent { start: 0, has_length_hack: Some(HasLengthHack::Length(2)) };
    whole.slices = vec![TensorSliceProto { extent: vec![extent, Extent::default()] }];
    let part = entry(&[2, 1], 0, &bundle.data).encode_to_vec();
    let result = bundle.read(&header(), &[(&slice_key(0, 2), part), (b"k", whole.encode_to_vec())]);
    assert_eq!(bundle.error(result).0, Code::DataLoss);
}

/// Reads everything a checkpoint offers; that it answers at all is what is tested.
fn read_all(scratch: &Scratch) -> Result<()> {
    let checkpoint = CheckpointReader::open(scratch.path("model"))?;
    for (name, ..) in checkpoint.tensors() {
        checkpoint.read(name)?;
    }
    checkpoint.object_graph().map(|_| ())
}

#[test]
fn cut_anywhere() {
    for fixture in ["ckpt_all_types", "ckpt_partitioned"] {
        let scratch = Scratch::copy_of(fixture);
        for file in ["model.index", "model.data-00000-of-00001"] {
            let whole = scratch.read(file);
            for length in 0..whole.len() {
                scratch.write(file, &whole[..length]);
                assert!(read_all(&scratch).is_err(), "{fixture}/{file} cut to {length} bytes");
            }
            scratch.write(file, &whole);
            read_all(&scratch).unwrap();
        }
    }
}

#[test]
fn flipped_anywhere() {
    let scratch = Scratch::copy_of("ckpt_partitioned");
    let index = scratch.read("model.index");
    // No checksum covers the block of properties and the footer, and damage there may do no harm.
    for position in 0..index.len() {
        for bit in 0..8 {
            let mut bytes = index.clone();
            bytes[position] ^= 1 << bit;
            scratch.write("model.index", &bytes);
            if position < index.len() - 90 {
                assert!(read_all(&scratch).is_err(), "bit {bit} of byte {position}");
            } else {
                let _ = read_all(&scratch);
            }
        }
    }
}
