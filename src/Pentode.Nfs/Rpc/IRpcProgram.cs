namespace Pentode.Nfs.Rpc;

/// <summary>A program that is called.</summary>
internal interface IRpcProgram
{
    /// <summary>Its number.</summary>
    uint Number { get; }

    /// <summary>Versions it speaks.</summary>
    uint LowestVersion { get; }

    /// <inheritdoc cref="LowestVersion"/>
    uint HighestVersion { get; }

    /// <summary>How many procedures that version has.</summary>
    int ProceduresOf(uint version);

    /// <summary>True for what callers without credentials may ask.</summary>
    bool IsOpenToAll(RpcCall call);

    /// <summary>True when doing the call twice does harm.</summary>
    bool MustNotRepeat(RpcCall call);

    /// <summary>The file handle the arguments of such a call begin with; empty without one.</summary>
    ReadOnlySpan<byte> FirstHandle(RpcCall call) => [];

    /// <summary>Answers such a call, known to have been done before a crash, when there is nothing more to say of it than that; false when it must be run to tell.</summary>
    bool AnswerDone(RpcCall call) => false;

    /// <summary>Does the call and answers it; without an answer the client asks again.</summary>
    ValueTask Run(RpcCall call);
}
