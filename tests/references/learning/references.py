"""Numbers of scikit-learn, statsmodels and SciPy that the unit tests of `learning` compare their own with.

python references.py > references.json
"""

import json
import warnings

import numpy
import scipy
import sklearn
import statsmodels
from scipy.stats import ks_2samp
from sklearn import metrics
from sklearn.datasets import load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

warnings.simplefilter("ignore")
random = numpy.random.default_rng(42)
iris = load_iris()
rows, classes = iris.data, iris.target
asked = [0, 25, 50, 70, 77, 83, 100, 106, 119, 149]
table = {
    "made_with": f"numpy {numpy.__version__}, scikit-learn {sklearn.__version__}, "
    f"statsmodels {statsmodels.__version__}, scipy {scipy.__version__}",
    "rows": rows.tolist(),
    "classes": classes.tolist(),
    "asked": asked,
}

scaled = StandardScaler().fit_transform(rows)
x, y = scaled[:, :3], scaled[:, 3]
table["regression"] = {
    "rows": x.tolist(),
    "targets": y.tolist(),
    "linear": LinearRegression().fit(x, y).predict(x[asked]).tolist(),
    "ridge": Ridge(alpha=10, fit_intercept=False).fit(x, y).predict(x[asked]).tolist(),
    "knn": KNeighborsRegressor(n_neighbors=4).fit(x, y).predict(x[asked]).tolist(),
}


def asked_of(model, which=slice(None)):
    model = make_pipeline(StandardScaler(), model).fit(rows[which], classes[which])
    return model.predict_proba(rows[asked]).tolist()


table["classification"] = {
    "logistic_regression": asked_of(LogisticRegression(C=1, tol=1e-10, max_iter=10_000)),
    "logistic_regression_weak": asked_of(LogisticRegression(C=10, tol=1e-10, max_iter=10_000)),
    "logistic_regression_binary": asked_of(
        LogisticRegression(C=1, tol=1e-10, max_iter=10_000), slice(50, 150)
    ),
    "knn": asked_of(KNeighborsClassifier(n_neighbors=7)),
    "knn_distance": asked_of(KNeighborsClassifier(n_neighbors=7, weights="distance")),
    "naive_bayes": GaussianNB().fit(rows, classes).predict_proba(rows[asked]).tolist(),
}

halves, virginica = scaled[50:], classes[50:] == 2


def decisions(**parameters):
    return SVC(tol=1e-6, **parameters).fit(halves, virginica).decision_function(halves).tolist()


table["machines"] = {
    "rows": halves.tolist(),
    "belongs": virginica.tolist(),
    "rbf": decisions(C=1, gamma=0.25),
    "narrow": decisions(C=100, gamma=2),
    "linear": decisions(C=10, kernel="linear"),
}

truth = random.integers(0, 3, 60)
guesses = random.dirichlet([1, 1, 1], 60)
guesses[0] = [1, 0, 0]
truth[0] = 2
said = guesses.argmax(axis=1)
table["metrics"] = {
    "truth": truth.tolist(),
    "probabilities": guesses.tolist(),
    "accuracy": metrics.accuracy_score(truth, said),
    "f1_macro": metrics.f1_score(truth, said, average="macro"),
    "log_loss": metrics.log_loss(truth, guesses),
    "confusion": metrics.confusion_matrix(truth, said).tolist(),
}

actual = random.normal(100, 10, 40)
forecast = actual + random.normal(0, 5, 40)
naive = actual + random.normal(0, 8, 40)
table["scores"] = {
    "actual": actual.tolist(),
    "forecast": forecast.tolist(),
    "naive": naive.tolist(),
    "mae": metrics.mean_absolute_error(actual, forecast),
    "rmse": metrics.root_mean_squared_error(actual, forecast),
    "smape": float(numpy.mean(200 * abs(actual - forecast) / (abs(actual) + abs(forecast)))),
    "mase": metrics.mean_absolute_error(actual, forecast)
    / metrics.mean_absolute_error(actual, naive),
}

known, recent = random.normal(0, 1, 101), random.normal(0.4, 1.2, 300)
table["drift"] = {
    "training": known.tolist(),
    "recent": recent.tolist(),
    "ks": float(ks_2samp(known, recent).statistic),
}

level = numpy.cumsum(random.normal(0.3, 1, 300)) + random.normal(0, 2, 300) + 200
table["smoothing"] = {"series": level.tolist()}
for name, trend, damped in [("none", None, False), ("additive", "add", False), ("damped", "add", True)]:
    fitted = ETSModel(level, error="add", trend=trend, damped_trend=damped).fit(disp=False, maxiter=5000)
    table["smoothing"][name] = {
        "forecast": fitted.forecast(10).tolist(),
        "log_likelihood": float(fitted.llf),
        "parameters": dict(zip(fitted.param_names, map(float, fitted.params))),
    }
print(json.dumps(table, indent=None, separators=(",", ":")))
