namespace Pentode.Nbd.Client;

/// <summary>One extent of a BLOCK_STATUS answer. Those of one context are consecutive from the offset asked for.</summary>
/// <param name="Context">Index into <see cref="NbdExportInfo.Contexts"/>.</param>
/// <param name="Length">Bytes, more than 0.</param>
/// <param name="Status">Meaning depends on the context; base:allocation: bit 0 hole, bit 1 reads as zero.</param>
public readonly record struct NbdExtent(int Context, uint Length, uint Status);
