using Pentode.Rings.Wire;

namespace Pentode.Rings.Client;

/// <summary>What a server told of itself in the handshake.</summary>
/// <param name="Features">Feature bits of its ring (struct io_uring_params).</param>
/// <param name="RingEntries">Submission queue entries; tasks of all clients together that may hold a credit are one fewer.</param>
/// <param name="CompletionEntries">Completion queue entries.</param>
/// <param name="Operations">What its kernel can do.</param>
/// <param name="SubmitCredits">Credits free at the moment of the handshake, of all clients together; may be 0.</param>
/// <param name="DescriptorSlots">Descriptors a client may hold.</param>
/// <param name="BufferSlots">Buffers a client may hold.</param>
/// <param name="IoBytesMax">Most bytes of one operation.</param>
public sealed record RingsServerFacts(
    uint Features,
    int RingEntries,
    int CompletionEntries,
    RingsOperations Operations,
    int SubmitCredits,
    int DescriptorSlots,
    int BufferSlots,
    int IoBytesMax);
