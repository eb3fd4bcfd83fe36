"""Writes small ONNX models of scikit-learn, trained on its iris data, and what scikit-learn says of three rows.

python models.py DIRECTORY   (numpy, scikit-learn and skl2onnx; the versions are in the table it writes)
"""

import json
import sys
from pathlib import Path

import numpy
import skl2onnx
import sklearn
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

target = Path(sys.argv[1])
iris = load_iris()
rows = iris.data.astype(numpy.float32)
names = iris.target_names[iris.target]
asked = rows[[0, 70, 130]]

classifiers = {
    "logistic": LogisticRegression(max_iter=1000),
    "tree": DecisionTreeClassifier(max_depth=3, random_state=1),
    "forest": RandomForestClassifier(n_estimators=4, max_depth=3, random_state=1),
    "boosting": GradientBoostingClassifier(n_estimators=3, random_state=1),
    "bayes": GaussianNB(),
    "knn": KNeighborsClassifier(n_neighbors=3),
    "network": MLPClassifier((5,), max_iter=300, random_state=1),
    "scaled": make_pipeline(StandardScaler(), LogisticRegression()),
    "svm": SVC(probability=True, random_state=1),
}
table = {
    "made_with": f"scikit-learn {sklearn.__version__}, skl2onnx {skl2onnx.__version__}",
    "rows": asked.tolist(),
    "models": {},
}


def write(name, model, probabilities=None, value=None, **options):
    onnx = to_onnx(model, rows[:1], target_opset={"": 15, "ai.onnx.ml": 3}, **options)
    (target / f"{name}.onnx").write_bytes(onnx.SerializeToString())
    table["models"][name] = {"probabilities": probabilities, "value": value}


for name, model in classifiers.items():
    for labels, kind in ((iris.target, "numbers"), (names, "names")):
        if kind == "numbers" and name not in ("logistic", "forest"):
            continue
        model.fit(rows, labels)
        probabilities = model.predict_proba(asked).tolist()
        write(f"{name}-{kind}", model, probabilities)
model = classifiers["logistic"].fit(rows, names)
write("logistic-nozipmap", model, model.predict_proba(asked).tolist(), options={"zipmap": False})
binary = LogisticRegression().fit(rows[:100], names[:100])
write("binary-names", binary, binary.predict_proba(asked).tolist())
width = iris.data[:, 3]
for name, model in {"regression": LinearRegression(), "regression-tree": DecisionTreeRegressor(max_depth=3)}.items():
    model.fit(rows[:, :3], width)
    onnx = to_onnx(model, rows[:1, :3], target_opset={"": 15, "ai.onnx.ml": 3})
    (target / f"{name}.onnx").write_bytes(onnx.SerializeToString())
    table["models"][name] = {"probabilities": None, "value": model.predict(asked[:, :3]).tolist()}
(target / "models.json").write_text(json.dumps(table, indent=1) + "\n")

# Models that nobody should run.
from onnx import TensorProto, helper  # noqa: E402


def graph(name, nodes, initializer=()):
    x = helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, 4])
    y = helper.make_tensor_value_info("Y", TensorProto.FLOAT, [None, 4])
    model = helper.make_model(helper.make_graph(nodes, name, [x], [y], initializer))
    (target / f"{name}.onnx").write_bytes(model.SerializeToString())


graph("cycle", [helper.make_node("Add", ["X", "Z"], ["Y"]), helper.make_node("Neg", ["Y"], ["Z"])])
far = helper.make_tensor("W", TensorProto.FLOAT, [4], [1, 2, 3, 4])
far.ClearField("float_data")
far.data_location = TensorProto.EXTERNAL
far.external_data.add(key="location", value="../../secret")
graph("elsewhere", [helper.make_node("Add", ["X", "W"], ["Y"])], [far])
short = helper.make_tensor("W", TensorProto.FLOAT, [4], [1, 2, 3, 4])
short.dims[0] = 1 << 40
graph("short", [helper.make_node("Add", ["X", "W"], ["Y"])], [short])
size = helper.make_tensor("W", TensorProto.INT64, [2], [1 << 20, 1 << 20])
graph("bomb", [helper.make_node("ConstantOfShape", ["W"], ["B"]), helper.make_node("Add", ["X", "B"], ["Y"])], [size])
