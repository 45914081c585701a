//! A linear map with int8 weights.

use rten_gemm::{GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix};
use rten_tensor::NdTensorView;

use super::kernels::Channels;
#[cfg(target_arch = "x86_64")]
use super::{
    avx2::{self, Avx2},
    vnni::{self, Vnni},
};

/// Weights laid out for the kernel, with what scales their products.
pub(super) struct Linear {
    weight: Weight,
    sum: Vec<i32>,
    scale: Vec<f32>,
    bias: Vec<f32>,
}

enum Weight {
    #[cfg(target_arch = "x86_64")]
    Vnni(vnni::Weights),
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Weights),
    Portable(PackedBMatrix<i8>),
}

/// The matrix kernel that suits the processor.
pub(super) struct Gemm {
    #[cfg(target_arch = "x86_64")]
    vnni: Option<Vnni>,
    /// Where there is no VNNI.
    #[cfg(target_arch = "x86_64")]
    avx2: Option<Avx2>,
    portable: GemmExecutor<u8, i8, i32>,
}

impl Gemm {
    /// Chooses the kernel.
    pub(super) fn new() -> Self {
        #[cfg(target_arch = "x86_64")]
        let vnni = Vnni::detect();
        Self {
            #[cfg(target_arch = "x86_64")]
            vnni,
            #[cfg(target_arch = "x86_64")]
            avx2: Avx2::detect().filter(|_| vnni.is_none()),
            portable: GemmExecutor::new(),
        }
    }

    /// The kernel for AVX2, if the processor has it.
    #[cfg(all(test, target_arch = "x86_64"))]
    fn without_vnni() -> Option<Self> {
        Some(Self { vnni: None, avx2: Some(Avx2::detect()?), ..Self::new() })
    }

    /// The portable kernel, whatever the processor has.
    #[cfg(all(test, target_arch = "x86_64"))]
    fn portable() -> Self {
        Self { vnni: None, avx2: None, ..Self::new() }
    }

    /// What the kernel is called.
    pub(super) fn name(&self) -> &str {
        #[cfg(target_arch = "x86_64")]
        match (self.vnni, self.avx2) {
            (Some(_), _) => return "avx512-vnni",
            (None, Some(_)) => return "avx2",
            (None, None) => {}
        }
        self.portable.kernel_name()
    }

    /// The highest byte an activation may take. Kernels that add two products in 16 bits could overflow with eight-bit
    /// activations, so theirs have seven.
    pub(super) fn levels(&self) -> f32 {
        #[cfg(target_arch = "x86_64")]
        if self.avx2.is_some() {
            return f32::from(avx2::LEVELS);
        }
        if self.portable.may_saturate() { 127.0 } else { 255.0 }
    }

    /// Lays out weights `[outputs, inputs]` of −127 to 127, row by row.
    pub(super) fn pack(&self, weight: &[i8], scale: Vec<f32>, bias: Vec<f32>) -> Linear {
        #[cfg(target_arch = "x86_64")]
        if self.avx2.is_some() {
            let inputs = weight.len() / scale.len();
            let (mut weight, mut scale) = (weight.to_vec(), scale);
            let rows = weight.chunks_exact_mut(inputs);
            rows.zip(&mut scale).for_each(|(row, scale)| *scale *= avx2::fit(row));
            return self.pack_as_it_is(&weight, scale, bias);
        }
        self.pack_as_it_is(weight, scale, bias)
    }

    fn pack_as_it_is(&self, weight: &[i8], scale: Vec<f32>, bias: Vec<f32>) -> Linear {
        let outputs = scale.len();
        let inputs = weight.len() / outputs;
        let sum = weight.chunks_exact(inputs).map(|row| row.iter().map(|&weight| i32::from(weight)).sum()).collect();
        Linear { weight: self.lay_out(weight, outputs, inputs), sum, scale, bias }
    }

    fn lay_out(&self, weight: &[i8], outputs: usize, inputs: usize) -> Weight {
        #[cfg(target_arch = "x86_64")]
        if let Some(weights) = self.vnni.and_then(|vnni| vnni.pack(weight, outputs, inputs)) {
            return Weight::Vnni(weights);
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(weights) = self.avx2.and_then(|avx2| avx2.pack(weight, outputs, inputs)) {
            return Weight::Avx2(weights);
        }
        let view = NdTensorView::from_data([outputs, inputs], weight);
        Weight::Portable(self.portable.prepack_b(view.transposed()))
    }

    /// `bytes · weightsᵀ`, a row of `out` for a row of `bytes`, rows in multiples of eight. What the zero points of the bytes
    /// add is taken off when a row is scaled: `rten-gemm`'s own way of taking it off (0.27) uses the zero points of the first
    /// tile's rows for every tile.
    pub(super) fn product(&self, linear: &Linear, bytes: &[u8], out: &mut [i32]) -> Result<(), String> {
        match &linear.weight {
            #[cfg(target_arch = "x86_64")]
            Weight::Vnni(weights) => {
                let vnni = self.vnni.ok_or("weights laid out for another processor")?;
                vnni.product(weights, bytes, out);
                Ok(())
            }
            #[cfg(target_arch = "x86_64")]
            Weight::Avx2(weights) => {
                let avx2 = self.avx2.ok_or("weights laid out for another processor")?;
                avx2.product(weights, bytes, out);
                Ok(())
            }
            Weight::Portable(weights) => {
                let inputs = weights.rows();
                let a = NdTensorView::from_data([bytes.len() / inputs, inputs], bytes);
                self.portable
                    .gemm(out, GemmInputA::Unpacked(a), GemmInputB::Packed(weights), GemmOptions::default())
                    .map_err(|error| format!("matrix product: {error:?}"))
            }
        }
    }
}

impl Linear {
    /// Output channels.
    pub(super) fn outputs(&self) -> usize {
        self.scale.len()
    }

    /// Scales and biases.
    pub(super) fn channels(&self) -> Channels<'_> {
        Channels { sum: &self.sum, scale: &self.scale, bias: &self.bias }
    }
}

#[cfg(test)]
mod tests {
    use super::Gemm;

    fn check(gemm: &Gemm, rows: usize, inputs: usize, outputs: usize) {
        let top = gemm.levels() as usize + 1;
        let bytes: Vec<u8> = (0..rows * inputs).map(|i| (i * 7919 % top) as u8).collect();
        let weight: Vec<i8> = (0..outputs * inputs).map(|i| ((i * 104_729) % 255) as u8 as i8).collect();
        // What fits is not changed by the kernel that has bounds for it.
        #[cfg(target_arch = "x86_64")]
        let weight = {
            let mut weight = weight;
            weight.chunks_exact_mut(inputs).for_each(|row| _ = super::super::avx2::fit(row));
            weight
        };
        let linear = gemm.pack(&weight, vec![1.0; outputs], vec![0.0; outputs]);
        let mut out = vec![0; rows * outputs];
        gemm.product(&linear, &bytes, &mut out).unwrap();
        for (at, found) in out.iter().enumerate() {
            let (row, output) = (at / outputs * inputs, at % outputs * inputs);
            let expected: i32 = (0..inputs).map(|i| i32::from(bytes[row + i]) * i32::from(weight[output + i])).sum();
            assert_eq!(*found, expected, "{}: row {} output {}", gemm.name(), at / outputs, at % outputs);
        }
    }

    fn check_all(gemm: &Gemm) {
        for (rows, inputs, outputs) in [(8, 4, 32), (8, 384, 32), (72, 1536, 96), (16, 384, 1152), (8, 36, 40)] {
            check(gemm, rows, inputs, outputs);
        }
    }

    #[test]
    fn products_are_exact_over_several_tiles_and_blocks() {
        check_all(&Gemm::new());
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn the_kernel_for_avx2_is_exact_as_well_and_nothing_overflows() {
        // A processor without it has nothing to check.
        let Some(gemm) = Gemm::without_vnni() else { return };
        check_all(&gemm);
        for (weight, fits) in [(64, 64), (127, 64), (-64, -64), (-127, -64)] {
            let linear = gemm.pack(&[weight; 32 * 64], vec![1.0; 32], vec![0.0; 32]);
            let mut out = vec![0; 8 * 32];
            gemm.product(&linear, &[127; 8 * 64], &mut out).unwrap();
            assert!(out.iter().all(|&sum| sum == 64 * 127 * fits), "{weight}: {out:?}");
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn the_portable_kernel_is_exact_as_well() {
        check_all(&Gemm::portable());
    }
}
