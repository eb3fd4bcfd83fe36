//! A long short-term memory by candle: one layer over the window, and a linear map of its last state.
//!
//! Trained with AdamW on the mean squared error of all examples at once. The weights begin as numbers of our own
//! generator, uniform within ±1/√hidden, as candle's for the processor has no seed. Its products would be shared out to all
//! cores, which costs a network this small more than it gives: a pool of one thread keeps a training on its own core.

use crate::learning::{Error, Progress, guard::guarded, random::Random};
use candle_core::{DType, Device, Result as Candle, Tensor, Var};
use candle_nn::{
    AdamW, Linear, Module, Optimizer, ParamsAdamW, VarBuilder, VarMap, linear, loss,
    rnn::{LSTM, LSTMConfig, RNN, lstm},
};
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Lstm {
    hidden: usize,
    weights: Vec<Weight>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Weight {
    name: String,
    shape: Vec<usize>,
    values: Vec<f32>,
}

struct Network {
    layer: LSTM,
    head: Linear,
}

impl Network {
    fn new(hidden: usize, weights: &VarBuilder<'_>) -> Candle<Self> {
        Ok(Self {
            layer: lstm(1, hidden, LSTMConfig::default(), weights.pp("lstm"))?,
            head: linear(hidden, 1, weights.pp("head"))?,
        })
    }

    fn run(&self, rows: &Tensor) -> Candle<Tensor> {
        let states = self.layer.seq(rows)?;
        let last = states
            .last()
            .ok_or_else(|| candle_core::Error::Msg("an empty window".to_owned()))?;
        self.head.forward(last.h())?.squeeze(1)
    }
}

fn tensor(rows: &[Vec<f64>]) -> Candle<Tensor> {
    let lags = rows.first().map_or(0, Vec::len);
    let values: Vec<f32> = rows.iter().flatten().map(|value| *value as f32).collect();
    Tensor::from_vec(values, (rows.len(), lags, 1), &Device::Cpu)
}

/// One thread, for what candle would share out.
fn core() -> Result<ThreadPool, Error> {
    let pool = ThreadPoolBuilder::new().num_threads(1).build();
    pool.map_err(|error| Error::Failed(error.to_string()))
}

impl Lstm {
    pub(super) fn fit(
        rows: &[Vec<f64>],
        targets: &[f64],
        hidden: usize,
        epochs: usize,
        rate: f64,
        seed: u64,
        progress: Progress<'_>,
    ) -> Result<Self, Error> {
        let beginning = Self::beginning(hidden, seed);
        let core = core()?;
        let (map, network, mut optimiser) = guarded(|| {
            let map = VarMap::new();
            for weight in &beginning.weights {
                let begin =
                    Tensor::from_vec(weight.values.clone(), weight.shape.clone(), &Device::Cpu)?;
                let var = Var::from_tensor(&begin)?;
                map.data()
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner)
                    .insert(weight.name.clone(), var);
            }
            let builder = VarBuilder::from_varmap(&map, DType::F32, &Device::Cpu);
            let network = Network::new(hidden, &builder)?;
            let parameters = ParamsAdamW {
                lr: rate,
                ..ParamsAdamW::default()
            };
            let optimiser = AdamW::new(map.all_vars(), parameters)?;
            Ok::<_, candle_core::Error>((map, network, optimiser))
        })?;
        let (inputs, wanted) = guarded(|| {
            let wanted: Vec<f32> = targets.iter().map(|value| *value as f32).collect();
            Ok::<_, candle_core::Error>((
                tensor(rows)?,
                Tensor::from_vec(wanted, targets.len(), &Device::Cpu)?,
            ))
        })?;
        for epoch in 0..epochs {
            if progress(epoch as f64 / epochs as f64).is_break() {
                return Err(Error::Cancelled);
            }
            guarded(|| {
                core.install(|| {
                    optimiser.backward_step(&loss::mse(&network.run(&inputs)?, &wanted)?)
                })
            })?;
        }
        let weights = guarded(|| {
            let map = map.data();
            let map = map
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            beginning
                .weights
                .iter()
                .map(|weight| {
                    let trained = map
                        .get(&weight.name)
                        .ok_or_else(|| candle_core::Error::Msg(weight.name.clone()))?;
                    Ok::<_, candle_core::Error>(Weight {
                        values: trained.flatten_all()?.to_vec1()?,
                        ..weight.clone()
                    })
                })
                .collect::<Result<Vec<_>, _>>()
        })?;
        Ok(Self { hidden, weights })
    }

    fn beginning(hidden: usize, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let reach = 1.0 / (hidden as f64).sqrt();
        let weights = [
            ("lstm.weight_ih_l0", vec![4 * hidden, 1]),
            ("lstm.weight_hh_l0", vec![4 * hidden, hidden]),
            ("lstm.bias_ih_l0", vec![4 * hidden]),
            ("lstm.bias_hh_l0", vec![4 * hidden]),
            ("head.weight", vec![1, hidden]),
            ("head.bias", vec![1]),
        ]
        .into_iter()
        .map(|(name, shape)| Weight {
            name: name.to_owned(),
            values: (0..shape.iter().product::<usize>())
                .map(|_| ((random.uniform() * 2.0 - 1.0) * reach) as f32)
                .collect(),
            shape,
        })
        .collect();
        Self { hidden, weights }
    }

    pub(super) fn predict(&self, rows: &[Vec<f64>]) -> Result<Vec<f64>, Error> {
        let core = core()?;
        guarded(|| {
            let tensors: HashMap<String, Tensor> = self
                .weights
                .iter()
                .map(|weight| {
                    let values = weight.values.clone();
                    let tensor = Tensor::from_vec(values, weight.shape.clone(), &Device::Cpu)?;
                    Ok((weight.name.clone(), tensor))
                })
                .collect::<Candle<_>>()?;
            let builder = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
            let network = Network::new(self.hidden, &builder)?;
            let rows = tensor(rows)?;
            let answers = core.install(|| network.run(&rows))?;
            let answers: Vec<f32> = answers.to_vec1()?;
            Ok::<_, candle_core::Error>(answers.into_iter().map(f64::from).collect())
        })
    }
}
