//! RTen's graph runtime on an ONNX file: `rten FILE.onnx WORK FILE SHARE/OF THREADS`.

use anyhow::Context;
use rten::Model;
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, NdTensorView};
use undertone_peers::Padded;
use undertone_peers::protocol::{Share, pool, serve, timed};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [onnx, work, file, share, threads] = &arguments[..] else {
        anyhow::bail!("expected FILE.onnx WORK FILE SHARE/OF THREADS");
    };
    let share = Share::read(work, file, share, threads)?;
    let model = Model::load_file(std::path::Path::new(work).join(onnx))?;
    let (ids, mask) = (model.node_id("input_ids")?, model.node_id("attention_mask")?);
    let output = model.node_id("last_hidden_state")?;
    let inputs =
        share.batches.iter().map(Padded::<i32>::new).collect::<Option<Vec<_>>>().context("an id past 31 bits")?;
    let encode = |check: bool| {
        let mut means = Vec::new();
        for padded in &inputs {
            let shape = [padded.texts, padded.longest];
            let feeds = vec![
                (ids, NdTensorView::from_data(shape, &padded.ids[..]).into()),
                (mask, NdTensorView::from_data(shape, &padded.mask[..]).into()),
            ];
            let [vectors] = model.run_n(feeds, [output], None)?;
            if check {
                let vectors: NdTensor<f32, 3> = vectors.try_into()?;
                let hidden = vectors.size(2);
                let floats = vectors.to_vec();
                pool(&floats, hidden, padded.longest, padded.lengths.iter().copied(), &mut means);
            }
        }
        Ok(means)
    };
    serve("rten", |check| timed(|| encode(check)))
}
