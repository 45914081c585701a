//! Candle, float32: `candle_transformers`' BERT on the Hugging Face directory.

use anyhow::Context;
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use undertone_peers::Padded;
use undertone_peers::protocol::{Share, pool, serve, timed};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [work, file, share, threads] = &arguments[..] else {
        anyhow::bail!("expected WORK FILE SHARE/OF THREADS");
    };
    let share = Share::read(work, file, share, threads)?;
    let directory = std::path::Path::new(work).join("huggingface");
    let config: Config = serde_json::from_slice(&std::fs::read(directory.join("config.json"))?)?;
    let weights = VarBuilder::from_buffered_safetensors(
        std::fs::read(directory.join("model.safetensors"))?,
        DType::F32,
        &Device::Cpu,
    )?;
    let bert = BertModel::load(weights, &config)?;
    let inputs = share
        .batches
        .iter()
        .map(|batch| {
            let padded = Padded::<u32>::new(batch).context("an empty batch")?;
            let shape = (padded.texts, padded.longest);
            let ids = Tensor::from_slice(&padded.ids, shape, &Device::Cpu)?;
            let mask = Tensor::from_slice(&padded.mask, shape, &Device::Cpu)?;
            Ok((ids.zeros_like()?, ids, mask, padded))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let encode = |check: bool| {
        let mut means = Vec::new();
        for (types, ids, mask, padded) in &inputs {
            let vectors = bert.forward(ids, types, Some(mask))?;
            if check {
                let floats = vectors.flatten_all()?.to_vec1::<f32>()?;
                pool(&floats, config.hidden_size, padded.longest, padded.lengths.iter().copied(), &mut means);
            }
        }
        Ok(means)
    };
    serve("candle", |check| timed(|| encode(check)))
}
