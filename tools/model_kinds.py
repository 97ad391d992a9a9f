"""Models of the kinds that people keep: what tools/make_models.py makes beside its fixtures of single features."""

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1


def export_keras(model, out):
    """`model.export`, without what it prints."""
    out.rmdir()
    model.export(str(out), verbose=False)


def keras_convolutions(out, record_signature):
    """Convolutions of every kind, batch normalisation, pooling."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(5)
    x = image = keras.Input((12, 12, 3), name="image")
    x = layers.Conv2D(4, 3, padding="same", use_bias=False, name="conv")(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.ReLU(max_value=6.0, name="relu6")(x)
    x = layers.DepthwiseConv2D(3, strides=2, padding="same", name="depthwise")(x)
    x = layers.SeparableConv2D(6, 3, activation="swish", padding="same", name="separable")(x)
    skip = layers.MaxPooling2D(2, name="max")(x)
    x = layers.AveragePooling2D(2, padding="same", name="average")(x)
    x = layers.Add(name="add")([x, skip])
    x = layers.Conv2DTranspose(4, 3, strides=2, activation="leaky_relu", name="transposed")(x)
    x = layers.ZeroPadding2D(1, name="pad")(x)
    x = layers.UpSampling2D(2, interpolation="bilinear", name="up")(x)
    x = layers.Conv2D(5, (3, 2), dilation_rate=2, activation="elu", name="dilated")(x)
    pooled = layers.GlobalAveragePooling2D(name="mean")(x)
    greatest = layers.GlobalMaxPooling2D(name="greatest")(x)
    x = layers.Concatenate(name="join")([pooled, greatest])
    x = layers.Dropout(0.5, name="dropout")(x)
    model = keras.Model(image, layers.Dense(3, activation="softmax", name="classes")(x))
    for weight in model.get_layer("norm").weights:
        weight.assign(np.linspace(0.5, 1.5, 4).astype(np.float32))
    export_keras(model, out)
    record_signature(out, "serving_default", {"image": np.sin(np.arange(2 * 12 * 12 * 3)).reshape(2, 12, 12, 3).astype(np.float32)})


def keras_recurrent(out, record_signature):
    """Embedding with a mask, LSTM, a bidirectional GRU."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(6)
    ids = keras.Input((None,), dtype="int32", name="ids")
    x = layers.Embedding(10, 4, mask_zero=True, name="embedding")(ids)
    x = layers.LSTM(5, return_sequences=True, name="lstm")(x)
    x = layers.Bidirectional(layers.GRU(3, name="gru"), name="both")(x)
    model = keras.Model(ids, layers.Dense(1, activation="sigmoid", name="score")(x))
    export_keras(model, out)
    record_signature(out, "serving_default", {"ids": np.array([[3, 1, 4, 1, 5], [9, 2, 6, 0, 0]], np.int32)})


def keras_attention(out, record_signature):
    """A transformer's block: attention, layer normalisation, gelu; a convolution over time."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(7)
    x = tokens = keras.Input((6, 8), name="tokens")
    x = layers.Conv1D(8, 3, padding="causal", name="conv")(x)
    attended = layers.MultiHeadAttention(2, 4, name="attention")(x, x, use_causal_mask=True)
    x = layers.LayerNormalization(name="norm")(x + attended)
    x = layers.Dense(8, activation="gelu", name="wide")(x)
    x = layers.GlobalAveragePooling1D(name="mean")(x)
    export_keras(keras.Model(tokens, layers.Dense(2, name="logits")(x)), out)
    record_signature(out, "serving_default", {"tokens": np.cos(np.arange(96)).reshape(2, 6, 8).astype(np.float32)})


def keras_text(out, record_signature):
    """Strings in, a class out: standardised, split, looked up, embedded."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(8)
    vectorize = layers.TextVectorization(vocabulary=["good", "bad", "film"], output_sequence_length=5, name="words")
    text = keras.Input((), dtype="string", name="text")
    x = layers.Embedding(6, 3, name="embedding")(vectorize(text))
    x = layers.GlobalAveragePooling1D(name="mean")(x)
    export_keras(keras.Model(text, layers.Dense(2, activation="softmax", name="classes")(x)), out)
    record_signature(out, "serving_default", {"text": np.array([b"A good, GOOD film!", b"bad", b""])})


def keras_features(out, record_signature):
    """Columns of a table as preprocessing layers take them."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(9)
    age = keras.Input((1,), name="age")
    city = keras.Input((1,), dtype="string", name="city")
    rooms = keras.Input((1,), dtype="int32", name="rooms")
    parts = [
        layers.Normalization(mean=40.0, variance=100.0, name="standard")(age),
        layers.Discretization(bin_boundaries=[18.0, 65.0], output_mode="one_hot", name="bins")(age),
        layers.StringLookup(vocabulary=["Oslo", "Rome"], output_mode="one_hot", name="lookup")(city),
        layers.CategoryEncoding(4, output_mode="one_hot", name="encoding")(rooms),
    ]
    x = layers.Concatenate(name="join")(parts)
    model = keras.Model({"age": age, "city": city, "rooms": rooms}, layers.Dense(1, name="price")(x))
    export_keras(model, out)
    record_signature(
        out,
        "serving_default",
        {
            "age": np.array([[17], [40], [70]], np.float32),
            "city": np.array([[b"Rome"], [b"Oslo"], [b"Bern"]]),
            "rooms": np.array([[1], [3], [0]], np.int32),
        },
    )


def module_of_many_parts(out, record_signature):
    """A tf.Module: signatures that share variables and write them, a nest of modules, a switch and a gradient."""

    class Part(tf.Module):
        def __init__(self, size):
            super().__init__()
            self.w = tf.Variable(tf.reshape(tf.range(size * size, dtype=tf.float32), [size, size]) / 10)

        def __call__(self, x):
            return tf.nn.tanh(tf.linalg.matvec(self.w, x))

    class Model(tf.Module):
        def __init__(self):
            super().__init__()
            self.parts = [Part(3), Part(3)]
            self.memory = tf.Variable([0.0, 0.0, 0.0], name="memory", trainable=False)

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32, name="x")])
        def predict(self, x):
            for part in self.parts:
                x = part(x)
            return {"y": x}

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32, name="x")])
        def remember(self, x):
            self.memory.assign_add(x)
            return {"memory": self.memory.read_value()}

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32, name="x"), tf.TensorSpec([], tf.int32, name="which")])
        def branch(self, x, which):
            double, negate = (lambda: x * 2), (lambda: -x)
            chosen = tf.switch_case(which, [double, negate], default=lambda: x)
            return {"chosen": tf.cond(tf.reduce_sum(x) > 0, lambda: chosen, lambda: tf.zeros_like(chosen))}

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32, name="x")])
        def gradient(self, x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = tf.reduce_sum(self.predict(x)["y"])
            return {"dx": tape.gradient(y, x)}

    out.rmdir()
    model = Model()
    names = ["predict", "remember", "branch", "gradient"]
    tf.saved_model.save(model, str(out), signatures={name: getattr(model, name) for name in names})
    x = np.array([0.5, -1, 2], np.float32)
    record_signature(out, "predict", {"x": x})
    record_signature(out, "remember", {"x": x})
    record_signature(out, "branch", {"x": x, "which": np.array(1, np.int32)})
    record_signature(out, "gradient", {"x": x})


def examples_parsed(out, record_signature):
    """An estimator's kind of model: serialized tf.Example messages in, dense and sparse features, a linear model."""
    out.rmdir()
    with tf.Graph().as_default(), v1.Session() as sess:
        serialized = v1.placeholder(tf.string, [None], name="examples")
        features = v1.parse_example(
            serialized,
            {
                "age": v1.FixedLenFeature([1], tf.float32),
                "words": v1.VarLenFeature(tf.string),
                "bias": v1.FixedLenFeature([], tf.int64, default_value=2),
            },
        )
        words = v1.sparse_tensor_to_dense(features["words"], "none", name="words")
        w = v1.get_variable("w", initializer=np.array([[0.5, -0.5]], np.float32))
        logits = v1.matmul(features["age"], w) + v1.cast(features["bias"], tf.float32)[:, None]
        scores = v1.nn.softmax(logits, name="scores")
        sess.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(sess, str(out), {"examples": serialized}, {"scores": scores, "words": words})

    def example(age, words, bias=None):
        features = {
            "age": tf.train.Feature(float_list=tf.train.FloatList(value=[age])),
            "words": tf.train.Feature(bytes_list=tf.train.BytesList(value=words)),
        }
        if bias is not None:
            features["bias"] = tf.train.Feature(int64_list=tf.train.Int64List(value=[bias]))
        message = tf.train.Example(features=tf.train.Features(feature=features))
        return message.SerializeToString(deterministic=True)

    record_signature(out, "serving_default", {"examples": np.array([example(3, [b"a", b"b"]), example(-1, [b"c"], 5)], object)})


def freeze(sess, outputs):
    """The session's graph with its variables as constants."""
    graph_def = v1.graph_util.convert_variables_to_constants(sess, sess.graph.as_graph_def(), outputs)
    return graph_def.SerializeToString(deterministic=True)


def frozen_mobile(out, save_arrays):
    """A small MobileNet: depthwise and pointwise convolutions, fused batch normalisation, relu6."""
    v1.disable_resource_variables()
    rng = np.random.RandomState(1)
    with tf.Graph().as_default(), v1.Session() as sess:

        def variable(name, *shape):
            return v1.get_variable(name, initializer=rng.uniform(-0.5, 0.5, shape).astype(np.float32))

        def normalized(x, name):
            depth = x.shape[-1]
            scale, offset = variable(f"{name}/gamma", depth) + 1.0, variable(f"{name}/beta", depth)
            mean, variance = variable(f"{name}/mean", depth), variable(f"{name}/variance", depth) + 1.0
            x, _, _ = v1.nn.fused_batch_norm(x, scale, offset, mean, variance, is_training=False)
            return v1.nn.relu6(x)

        x = images = v1.placeholder(tf.float32, [None, 16, 16, 3], name="input")
        x = normalized(v1.nn.conv2d(x, variable("stem", 3, 3, 3, 4), [1, 2, 2, 1], "SAME"), "stem_norm")
        for block, (depth, stride) in enumerate([(6, 1), (8, 2)]):
            name = f"block{block}"
            kernel = variable(f"{name}/depthwise", 3, 3, x.shape[-1], 1)
            x = normalized(v1.nn.depthwise_conv2d(x, kernel, [1, stride, stride, 1], "SAME"), f"{name}/norm0")
            pointwise = variable(f"{name}/pointwise", 1, 1, x.shape[-1], depth)
            x = normalized(v1.nn.conv2d(x, pointwise, 1, "SAME"), f"{name}/norm1")
        x = v1.reduce_mean(x, [1, 2], keepdims=True)
        x = v1.nn.bias_add(v1.nn.conv2d(x, variable("logits", 1, 1, 8, 5), 1, "SAME"), variable("bias", 5))
        v1.nn.softmax(v1.squeeze(x, [1, 2], name="squeezed"), name="probabilities")
        sess.run(v1.global_variables_initializer())
        inputs = {"input": rng.uniform(-1, 1, [2, 16, 16, 3]).astype(np.float32)}
        save_arrays(out / "graph.inputs.npz", inputs)
        names = ["squeezed", "probabilities"]
        save_arrays(out / "graph.outputs.npz", sess.run({name: f"{name}:0" for name in names}, {images: inputs["input"]}))
        (out / "graph.pb").write_bytes(freeze(sess, ["probabilities"]))
    v1.enable_resource_variables()


def frozen_text(out, save_arrays):
    """Words as numbers, embedded, weighed by their lengths' mask, classified."""
    rng = np.random.RandomState(2)
    with tf.Graph().as_default(), v1.Session() as sess:
        ids = v1.placeholder(tf.int32, [None, None], name="ids")
        lengths = v1.placeholder(tf.int32, [None], name="lengths")
        table = v1.get_variable("table", initializer=rng.normal(size=[11, 4]).astype(np.float32))
        mask = v1.sequence_mask(lengths, v1.shape(ids)[1], tf.float32)[:, :, None]
        mean = v1.div_no_nan(v1.reduce_sum(v1.nn.embedding_lookup(table, ids) * mask, 1), v1.reduce_sum(mask, 1))
        w = v1.get_variable("w", initializer=rng.normal(size=[4, 3]).astype(np.float32))
        logits = v1.nn.bias_add(v1.matmul(mean, w), v1.get_variable("b", initializer=np.zeros(3, np.float32)), name="logits")
        values, best = v1.nn.top_k(logits, 2, name="best")
        v1.gather(v1.constant([b"sports", b"science", b"music"]), best, name="labels")
        sess.run(v1.global_variables_initializer())
        inputs = {"ids": np.array([[1, 5, 10, 0], [7, 0, 0, 0]], np.int32), "lengths": np.array([3, 1], np.int32)}
        fed = {ids: inputs["ids"], lengths: inputs["lengths"]}
        save_arrays(out / "graph.inputs.npz", inputs)
        names = ["logits:0", "best:0", "best:1", "labels:0"]
        save_arrays(out / "graph.outputs.npz", sess.run({name: name for name in names}, fed))
        (out / "graph.pb").write_bytes(freeze(sess, ["logits", "best", "labels"]))


def frozen_recurrent(out, save_arrays):
    """dynamic_rnn's loop: TensorArrays and state in v1 frames, frozen."""
    rng = np.random.RandomState(3)
    v1.disable_control_flow_v2()
    with tf.Graph().as_default(), v1.Session() as sess:
        x = v1.placeholder(tf.float32, [5, None, 3], name="x")
        w = v1.get_variable("w", initializer=rng.normal(size=[7, 4]).astype(np.float32))
        steps = v1.TensorArray(tf.float32, 5, name="steps").unstack(x)
        found = v1.TensorArray(tf.float32, 5, name="found")

        def step(t, state, found):
            state = v1.tanh(v1.matmul(v1.concat([steps.read(t), state], 1), w))
            return t + 1, state, found.write(t, state)

        state = v1.zeros([v1.shape(x)[1], 4])
        _, state, found = v1.while_loop(lambda t, *_: t < 5, step, [0, state, found], name="rnn")
        v1.identity(state, name="state")
        v1.identity(found.stack(), name="states")
        sess.run(v1.global_variables_initializer())
        inputs = {"x": rng.normal(size=[5, 2, 3]).astype(np.float32)}
        save_arrays(out / "graph.inputs.npz", inputs)
        names = ["state", "states"]
        save_arrays(out / "graph.outputs.npz", sess.run({name: f"{name}:0" for name in names}, {x: inputs["x"]}))
        (out / "graph.pb").write_bytes(freeze(sess, names))
    v1.enable_control_flow_v2()
