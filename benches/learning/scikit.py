"""The same as main.rs with scikit-learn: python scikit.py prices.csv"""

import csv
import math
import sys
import time
import warnings

import numpy
import sklearn
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

warnings.simplefilter("ignore")
LAGS = 14
with open(sys.argv[1]) as file:
    prices = [float(row["Close"]) for row in csv.DictReader(file)]
changes = [math.log(after / before) for before, after in zip(prices, prices[1:])]
windows = numpy.lib.stride_tricks.sliding_window_view(numpy.array(changes), LAGS + 1)
rows, labels = windows[:, :LAGS].copy(), numpy.where(windows[:, LAGS] > 0, "up", "down")
print(f"scikit-learn {sklearn.__version__}")
for name, model in {
    "logistic_regression": make_pipeline(StandardScaler(), LogisticRegression(C=1)),
    "decision_tree": DecisionTreeClassifier(max_depth=10, random_state=42),
    "random_forest": RandomForestClassifier(100, max_depth=12, random_state=42, n_jobs=1),
    "knn": make_pipeline(StandardScaler(), KNeighborsClassifier(5, algorithm="brute")),
    "naive_bayes": GaussianNB(),
    "svm": make_pipeline(StandardScaler(), SVC(C=1, gamma=1 / LAGS, probability=True, random_state=42)),
}.items():
    count = 2000 if name == "svm" else len(rows)
    best = math.inf
    for _ in range(3):
        began = time.perf_counter()
        parts = StratifiedKFold(2, shuffle=True, random_state=42)
        found = cross_val_predict(model, rows[:count], labels[:count], cv=parts, method="predict_proba")
        model.fit(rows[:count], labels[:count])
        best = min(best, time.perf_counter() - began)
    accuracy = (model.classes_[found.argmax(axis=1)] == labels[:count]).mean()
    print(f"| `{name}` | {count} | {best:.3f} | {accuracy:.3f} |")
