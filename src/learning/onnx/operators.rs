//! The operators that are run: those that tract has, and whose results are no larger than their inputs' shapes say.
//!
//! Left out on purpose, though tract has them: what makes tensors of any size out of a few numbers (ConstantOfShape, Expand, Tile,
//! Pad, Range, Resize, OneHot, convolutions with padding), what runs as long as it likes (Loop, If with its branches), and what is random.
//! Also ReduceLogSumExp, of which tract gives −∞ for large negative numbers, as scikit-learn's naive Bayes has them.

#[rustfmt::skip]
const SUPPORTED: &[&str] = &[
    "Abs", "Acos", "Add", "And", "ArgMax", "ArgMin", "ArrayFeatureExtractor", "Asin", "Atan",
    "BatchNormalization", "Cast", "CastLike", "Ceil", "Celu", "Clip", "Concat", "Constant", "Cos", "Cosh",
    "Div", "Dropout", "Elu", "Equal", "Erf", "Exp", "FastGelu", "Flatten", "Floor", "GRU", "Gather", "Gelu",
    "Gemm", "Greater", "GreaterOrEqual", "HardSigmoid", "HardSwish", "Identity", "IsInf", "IsNaN", "LSTM",
    "LayerNormalization", "LeakyRelu", "Less", "LessOrEqual", "LinearClassifier", "LinearRegressor", "Log",
    "LogSoftmax", "MatMul", "Max", "Mean", "Min", "Mish", "Mul", "Neg", "Normalizer", "Not", "Or", "PRelu",
    "Pow", "Reciprocal", "ReduceL1", "ReduceL2", "ReduceMax", "ReduceMean", "ReduceMin",
    "ReduceProd", "ReduceSum", "ReduceSumSquare", "Relu", "Reshape", "Round", "Scan", "Shape", "Sigmoid",
    "Sign", "Slice", "Softmax", "Softplus", "Sqrt", "Squeeze", "Sub", "Sum", "Swish", "Tan", "Tanh", "TopK",
    "Transpose", "TreeEnsembleClassifier", "Unsqueeze", "Where", "Xor",
];

pub(super) fn is_supported(operator: &str) -> bool {
    SUPPORTED.contains(&operator)
}

/// What only moves numbers about, and may so be done to constants.
pub(super) fn only_moves(operator: &str) -> bool {
    matches!(
        operator,
        "Constant" | "Identity" | "Cast" | "CastLike" | "Reshape" | "Squeeze" | "Unsqueeze" | "Transpose" | "Flatten" | "Shape"
    )
}
