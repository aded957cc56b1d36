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

    /// <summary>Does the call and answers it; without an answer the client asks again.</summary>
    ValueTask Run(RpcCall call);
}
