"""The repeated-measures model written out patient by patient, derivatives by differences: slow, and plain to check."""

import numpy as np
import pandas as pd


def covariance_of(structure, parameters, visits):
    """The covariance of the visits, from its definition."""
    v = np.empty((visits, visits))
    lag = np.abs(np.subtract.outer(np.arange(visits), np.arange(visits)))
    p = list(parameters)
    if structure == "unstructured":
        k = 0
        for a in range(visits):
            for b in range(a + 1):
                v[a, b] = v[b, a] = p[k]
                k += 1
        return v
    if structure == "compound-symmetry":
        return np.where(lag == 0, p[0], p[1])
    if structure == "toeplitz":
        return np.array(p)[lag]
    if structure == "ar1":
        return p[0] * p[1] ** lag
    sd = np.sqrt(p[:visits])
    rest = p[visits:]
    if structure == "heterogeneous-compound-symmetry":
        r = np.where(lag == 0, 1, rest[0])
    elif structure == "heterogeneous-ar1":
        r = rest[0] ** lag
    else:
        r = np.array([1, *rest])[lag]
    return r * np.outer(sd, sd)


class Dense:
    """One fit's rows, patient by patient."""

    def __init__(self, structure, visits, patients, *, restricted=True):
        self.structure, self.visits, self.patients, self.restricted = structure, visits, patients, restricted

    def parts(self, parameters):
        whole = covariance_of(self.structure, parameters, self.visits)
        return [(x, y, whole[np.ix_(at, at)]) for x, y, at in self.patients]

    def information(self, parameters):
        return sum(x.T @ np.linalg.solve(v, x) for x, _, v in self.parts(parameters))

    def coefficients(self, parameters):
        right = sum(x.T @ np.linalg.solve(v, y) for x, y, v in self.parts(parameters))
        return np.linalg.solve(self.information(parameters), right)

    def value(self, parameters):
        """-2 log likelihood with its constant."""
        b, total, n = self.coefficients(parameters), 0.0, 0
        for x, y, v in self.parts(parameters):
            e = y - x @ b
            total += np.linalg.slogdet(v)[1] + e @ np.linalg.solve(v, e)
            n += len(y)
        if self.restricted:
            total += np.linalg.slogdet(self.information(parameters))[1]
            n -= len(b)
        return total + n * np.log(2 * np.pi)

    def kenward_roger(self, parameters, row, *, linear):
        """Adjusted covariance and degrees of freedom from Kenward & Roger (1997), V differentiated by differences."""
        t = len(parameters)
        phi = np.linalg.inv(self.information(parameters))

        def own(at):
            def of(p):
                return covariance_of(self.structure, p, self.visits)[np.ix_(at, at)]

            first = [differences(lambda q, i=i: of(_moved(parameters, i, q)), parameters[i]) for i in range(t)]
            second = [[_mixed(of, parameters, i, j) for j in range(t)] for i in range(t)]
            return first, second

        p_of = [np.zeros_like(phi) for _ in range(t)]
        q_of = [[np.zeros_like(phi) for _ in range(t)] for _ in range(t)]
        r_of = [[np.zeros_like(phi) for _ in range(t)] for _ in range(t)]
        trace = np.zeros((t, t))
        for x, _, at in self.patients:
            w = np.linalg.inv(covariance_of(self.structure, parameters, self.visits)[np.ix_(at, at)])
            first, second = own(at)
            for i in range(t):
                p_of[i] -= x.T @ w @ first[i] @ w @ x
                for j in range(t):
                    q_of[i][j] += x.T @ w @ first[i] @ w @ first[j] @ w @ x
                    r_of[i][j] += x.T @ w @ second[i][j] @ w @ x
                    trace[i, j] += np.trace(w @ first[i] @ w @ first[j])
        information = np.array(
            [
                [
                    trace[i, j] - np.trace(2 * phi @ q_of[i][j] - phi @ p_of[i] @ phi @ p_of[j])
                    for j in range(t)
                ]
                for i in range(t)
            ]
        )  # fmt: skip
        w = np.linalg.inv(information / 2)
        inner = sum(
            w[i, j] * (q_of[i][j] - p_of[i] @ phi @ p_of[j] - (0 if linear else r_of[i][j] / 4))
            for i in range(t)
            for j in range(t)
        )
        theta = np.outer(row, row) / (row @ phi @ row)
        a2 = sum(
            w[i, j] * np.trace(theta @ phi @ p_of[i] @ phi @ theta @ phi @ p_of[j] @ phi)
            for i in range(t)
            for j in range(t)
        )
        return phi + 2 * phi @ inner @ phi, 2 / a2

    def satterthwaite(self, parameters, row, second):
        """Degrees of freedom by the delta method; ``second`` is the Hessian of the value by differences."""
        variance = row @ np.linalg.inv(self.information(parameters)) @ row
        slope = np.array(
            [
                differences(
                    lambda q, i=i: row @ np.linalg.inv(self.information(_moved(parameters, i, q))) @ row, parameters[i]
                )
                for i in range(len(parameters))
            ]
        )
        return 2 * variance**2 / (slope @ (2 * np.linalg.inv(second)) @ slope)


def _moved(parameters, i, value):
    moved = np.array(parameters, dtype=float)
    moved[i] = value
    return moved


def differences(function, at, share=1e-4):
    """Central differences of fourth order."""
    h = share * max(abs(at), 0.1)
    return (8 * (function(at + h) - function(at - h)) - (function(at + 2 * h) - function(at - 2 * h))) / (12 * h)


def _mixed(function, parameters, i, j):
    """Differentiate in i and j, both by differences."""

    def at(a, b):
        if i == j:
            return function(_moved(parameters, i, a + b - parameters[i]))
        return function(_moved(_moved(parameters, i, a), j, b))

    def slope(a):
        return differences(lambda b: at(a, b), parameters[j], 1e-3)

    return differences(slope, parameters[i], 1e-3)


def gradient(function, parameters):
    index = range(len(parameters))
    return np.array([differences(lambda q, i=i: function(_moved(parameters, i, q)), parameters[i]) for i in index])


def hessian(function, parameters):
    index = range(len(parameters))
    found = np.array([[_mixed(function, parameters, i, j) if j <= i else 0.0 for j in index] for i in index])
    return found + np.tril(found, -1).T


def dense_rows(data, fit, structure, *, restricted=True, patient="id", visit="visit", outcome="score"):
    """Take a fit's design apart into patients."""
    kept = data[data[outcome].notna()]
    labels = list(fit.source.visits)
    frame = kept[[name for name in fit.source.design.spec.required_variables if name != visit]].copy()
    for name in frame:
        if not pd.api.types.is_numeric_dtype(frame[name]):
            frame[name] = pd.Categorical(frame[name], categories=fit.source.design.levels[name])
    frame[visit] = pd.Categorical(kept[visit], categories=labels)
    rows = fit.source.design.rows(frame)
    at = frame[visit].cat.codes.to_numpy()
    y = kept[outcome].to_numpy(float)
    patients = []
    for _, index in kept.reset_index(drop=True).groupby(patient).indices.items():
        order = index[np.argsort(at[index])]
        patients.append((rows[order], y[order], at[order]))
    return Dense(structure, len(labels), patients, restricted=restricted)
