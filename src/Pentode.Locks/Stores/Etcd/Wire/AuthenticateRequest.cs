namespace Pentode.Locks.Stores.Etcd.Wire;

/// <summary>AuthenticateRequest: name 1, password 2. The answer is header 1, token 2.</summary>
/// <param name="Name">The user.</param>
/// <param name="Password">Its password.</param>
internal readonly record struct AuthenticateRequest(string Name, string Password)
{
    /// <summary>Encodes.</summary>
    public byte[] ToArray()
    {
        var writer = new ProtoWriter();
        writer.Text(1, Name);
        writer.Text(2, Password);
        return writer.ToArray();
    }

    /// <summary>The token of an AuthenticateResponse; null when malformed or absent.</summary>
    public static string? ReadToken(ReadOnlySpan<byte> message)
    {
        string? token = null;
        var reader = new ProtoReader(message);
        while (reader.Next(out var field))
        {
            if (field == 2)
                token = reader.Text();
            else
                reader.Skip();
        }

        return reader.IsBroken ? null : token;
    }
}
