//! DecodeWav, EncodeWav: 16-bit sound files.

use ferroflow_core::{
    Error, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape, ShapeCtx, TString,
    Tensor, bail, ensure, options, reserve,
};

options! {
    /// Optional arguments of [`decode_wav_with`].
    pub struct DecodeWavOptions {
        /// How many channels the result has, the last one repeated where the file has fewer; -1 for those of the file.
        desired_channels: i64 = -1,
        /// How many samples the result has, zeros behind those of the file; -1 for those of the file.
        desired_samples: i64 = -1,
    }
}

/// The samples of a 16-bit WAV file in `[-1, 1)`, shaped `[samples, channels]`, and their rate.
///
/// Source: `tf.audio.decode_wav` (op `DecodeWav`).
///
/// # Errors
/// `InvalidArgument` for anything that is no such file.
pub fn decode_wav(contents: impl IntoOperand) -> Result<(Tensor, Tensor)> {
    decode_wav_with(contents, |options| options)
}

/// [`decode_wav`] with optional arguments.
///
/// # Errors
/// As [`decode_wav`].
pub fn decode_wav_with(
    contents: impl IntoOperand,
    options: impl FnOnce(DecodeWavOptions) -> DecodeWavOptions,
) -> Result<(Tensor, Tensor)> {
    let options = options(DecodeWavOptions::default());
    let [audio, rate] = Op::new(&DECODE_WAV)
        .input(contents)
        .attr("desired_channels", options.desired_channels)
        .attr("desired_samples", options.desired_samples)
        .outputs()?;
    Ok((audio, rate))
}

/// A 16-bit WAV file of samples in `[-1, 1]`, shaped `[samples, channels]`.
///
/// Source: `tf.audio.encode_wav` (op `EncodeWav`).
///
/// ```
/// let file = ferroflow_ops_signal::encode_wav([[0.5], [-0.5]], 44100)?;
/// let (audio, rate) = ferroflow_ops_signal::decode_wav(file)?;
/// assert_eq!(audio.numpy()?.as_slice::<f32>()?, [0.5, -0.5]);
/// assert_eq!(rate.numpy()?.as_slice::<i32>()?, [44100]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` unless there are two axes and a positive rate.
pub fn encode_wav(audio: impl IntoOperand, sample_rate: impl IntoOperand) -> Result<Tensor> {
    Op::new(&ENCODE_WAV).input(audio).input(sample_rate).one()
}

fn decode_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let contents = cx.input(0);
    if cx.at_run_time() {
        let is_scalar = contents.rank() == Some(0);
        ensure!(is_scalar, invalid_argument, "contents must be scalar, got shape {}", contents.cpp());
    }
    cx.with_rank(0, 0)?;
    let size = |name: &str| -> Result<Option<usize>> {
        let value = cx.int(&format!("desired_{name}"))?;
        if value < -1 {
            return Err(cx.mismatch(
                format!("desired_{name} must be >= -1, got {value}"),
                format!("{name} must be non-negative, got {value}"),
            ));
        }
        Ok(usize::try_from(value).ok())
    };
    let (channels, samples) = (size("channels")?, size("samples")?);
    cx.set(0, PartialShape::new([samples, channels]));
    cx.set(1, PartialShape::scalar());
    Ok(())
}

/// The bytes of a file, read from the front.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        match self.rest.split_at_checked(count) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => bail!(invalid_argument, "Data too short when trying to read string"),
        }
    }

    fn u16(&mut self) -> Result<u16> {
        let bytes = self.take(2)?;
        Ok(u16::from_le_bytes([bytes[0], bytes[1]]))
    }

    fn u32(&mut self) -> Result<u32> {
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn expect(&mut self, wanted: &str) -> Result<()> {
        let found = self.take(4)?;
        ensure!(
            found == wanted.as_bytes(),
            invalid_argument,
            "Header mismatch: Expected {wanted} but found {}",
            String::from_utf8_lossy(found)
        );
        Ok(())
    }
}

/// Chunks that may stand before the format.
const SKIPPED: &[&[u8]] = &[b"JUNK", b"bext", b"iXML", b"qlty", b"mext", b"levl", b"link", b"axml"];

/// What a file holds.
struct Sound {
    samples: Vec<i16>,
    channels: usize,
    rate: u32,
}

fn parse(bytes: &[u8]) -> Result<Sound> {
    let mut file = Reader { rest: bytes };
    file.expect("RIFF")?;
    file.u32()?;
    file.expect("WAVE")?;
    loop {
        let name = file.take(4)?;
        if name == b"fmt " {
            break;
        }
        ensure!(
            SKIPPED.contains(&name),
            invalid_argument,
            "Unexpected field {}",
            String::from_utf8_lossy(name)
        );
        let size = file.u32()? as usize;
        file.take(size)?;
    }
    let format_size = file.u32()?;
    ensure!(
        format_size == 16 || format_size == 18,
        invalid_argument,
        "Bad format chunk size for WAV: Expected 16 or 18, but got{format_size}"
    );
    let format = file.u16()?;
    ensure!(format == 1, invalid_argument, "Bad audio format for WAV: Expected 1 (PCM), but got{format}");
    let (channels, rate) = (file.u16()?, file.u32()?);
    ensure!(
        channels > 0,
        invalid_argument,
        "Bad number of channels for WAV: Expected at least 1, but got {channels}"
    );
    let (bytes_per_second, bytes_per_sample, bits) = (file.u32()?, file.u16()?, file.u16()?);
    ensure!(bits == 16, invalid_argument, "Can only read 16-bit WAV files, but received {bits}");
    let wanted = 2 * u32::from(channels);
    ensure!(
        u32::from(bytes_per_sample) == wanted,
        invalid_argument,
        "Bad bytes per sample in WAV header: Expected {wanted} but got {bytes_per_sample}"
    );
    let wanted = wanted.wrapping_mul(rate);
    ensure!(
        bytes_per_second == wanted,
        invalid_argument,
        "Bad bytes per second in WAV header: Expected {wanted} but got {bytes_per_second} (sample_rate={rate}, \
         bytes_per_sample={bytes_per_sample})"
    );
    if format_size == 18 {
        file.rest = file.rest.get(2..).unwrap_or_default();
    }
    let samples = data(&mut file, usize::from(channels))?;
    Ok(Sound { samples, channels: channels.into(), rate })
}

/// The samples of the only data chunk.
fn data(file: &mut Reader<'_>, channels: usize) -> Result<Vec<i16>> {
    let mut samples = None;
    while !file.rest.is_empty() {
        let name = file.take(4)?;
        let size = file.u32()?;
        ensure!(
            i32::try_from(size).is_ok(),
            invalid_argument,
            "WAV data chunk '{}' is too large: {size} bytes, but the limit is {}",
            String::from_utf8_lossy(name),
            i32::MAX
        );
        let size = size as usize;
        if name != b"data" {
            file.rest = file.rest.get(size..).unwrap_or_default();
            continue;
        }
        ensure!(samples.is_none(), invalid_argument, "More than one data chunk found in WAV");
        let bytes = file.take(size / (2 * channels) * (2 * channels))?;
        samples = Some(bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect());
    }
    samples.ok_or_else(|| Error::invalid_argument("No data chunk found in WAV"))
}

fn decode(cx: &mut KernelCtx<'_>) -> Result<()> {
    cx.infer_shapes()?;
    let Some(contents) = cx.slice::<TString>(0)?.first() else {
        bail!(internal, "a scalar without an element")
    };
    let sound = parse(contents.as_bytes())?;
    let wanted =
        |attr: &str, found: usize| -> Result<usize> { Ok(usize::try_from(cx.int(attr)?).unwrap_or(found)) };
    let found = sound.samples.len() / sound.channels;
    let (samples, channels) =
        (wanted("desired_samples", found)?, wanted("desired_channels", sound.channels)?);
    let shape = Shape::new(&[samples, channels])?;
    let mut audio = reserve::<f32>(shape.num_elements())?;
    for sample in 0..samples {
        let frame =
            sound.samples.get(sample * sound.channels..(sample + 1) * sound.channels).unwrap_or_default();
        let value = |channel: usize| frame.get(channel).or(frame.last()).copied().unwrap_or(0);
        audio.extend((0..channels).map(|channel| f32::from(value(channel)) / 32768.0));
    }
    cx.set(0, NdArray::from_shape(shape, audio)?)?;
    cx.set(1, NdArray::scalar(sound.rate as i32))
}

fn encode_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (audio, rate) = (cx.input(0), cx.input(1));
    if cx.at_run_time() {
        ensure!(audio.rank() == Some(2), invalid_argument, "audio must be 2-dimensional{}", audio.cpp());
        ensure!(
            rate.rank() == Some(0),
            invalid_argument,
            "Input sample_rate should be a scalar tensor, got {} instead.",
            rate.cpp()
        );
    }
    cx.with_rank(0, 2)?;
    cx.with_rank(1, 0)?;
    cx.set(0, PartialShape::scalar());
    Ok(())
}

fn encode(cx: &mut KernelCtx<'_>) -> Result<()> {
    cx.infer_shapes()?;
    let (audio, rate) = (cx.input(0)?, cx.int_value(1)?);
    // TensorFlow reads the rate as an unsigned number of 64 bits.
    let file = file_of(audio.as_slice::<f32>()?, audio.shape()[1], rate as u64)?;
    cx.set(0, NdArray::scalar(TString::from(file)))
}

/// A file of samples in `[-1, 1]`, one channel next to the other.
pub(crate) fn file_of(samples: &[f32], channels: usize, rate: u64) -> Result<Vec<u8>> {
    let Some(rate) = u32::try_from(rate).ok().filter(|rate| *rate > 0) else {
        bail!(invalid_argument, "sample_rate must be in (0, 2^32), got: {rate}");
    };
    let Some(channel_count) = u16::try_from(channels).ok().filter(|count| *count > 0) else {
        bail!(invalid_argument, "num_channels must be in (0, 2^16), got: {channels}");
    };
    let size = samples.len().checked_mul(2).and_then(|size| u32::try_from(size).ok());
    let Some(size) = size.filter(|size| size.checked_add(36).is_some()) else {
        bail!(invalid_argument, "Provided channels and frames cannot be encoded as a WAV.");
    };
    let frame = 2 * u32::from(channel_count);
    let mut file = reserve::<u8>(44 + size as usize)?;
    file.extend(b"RIFF");
    file.extend((36 + size).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16u32.to_le_bytes());
    file.extend(1u16.to_le_bytes());
    file.extend(channel_count.to_le_bytes());
    file.extend(rate.to_le_bytes());
    file.extend(frame.wrapping_mul(rate).to_le_bytes());
    file.extend((frame as u16).to_le_bytes());
    file.extend(16u16.to_le_bytes());
    file.extend(b"data");
    file.extend(size.to_le_bytes());
    for sample in samples {
        // The cast keeps what is too large at the limits, and makes NaN 0.
        file.extend(((sample * 32768.0).round() as i16).to_le_bytes());
    }
    Ok(file)
}

pub(crate) static DECODE_WAV: OpDef =
    OpDef { name: "DecodeWav", shape: decode_shape, kernel: Some(decode), grad: Grad::Missing, ..OpDef::NEW };
pub(crate) static ENCODE_WAV: OpDef =
    OpDef { name: "EncodeWav", shape: encode_shape, kernel: Some(encode), grad: Grad::Missing, ..OpDef::NEW };
