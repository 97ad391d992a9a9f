#!/bin/sh
# Makes the certificates that the tests of TLS use: an authority, a server's and a client's certificate that it has
# signed, and another authority that nobody trusts. Needs openssl.
set -e
cd "$(dirname "$0")/../tests/sessions/certificates"
days=36500

authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days $days -keyout "$1.key" -out "$1.pem" \
        -subj "/CN=$1" -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign"
}

# Valid from long ago, whatever a machine's clock says.
cat > ca.cnf <<CNF
[ca]
default_ca = authority
[authority]
new_certs_dir = .
database = index.txt
serial = serial
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
CNF

signed() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1"
    printf 'basicConstraints=CA:FALSE\nextendedKeyUsage=%s\nsubjectAltName=%s\n' "$2" "$3" > "$1.ext"
    openssl ca -batch -notext -config ca.cnf -cert authority.pem -keyfile authority.key -in "$1.csr" -out "$1.pem" \
        -extfile "$1.ext" -startdate 20200101000000Z -enddate 21200101000000Z
    rm "$1.csr" "$1.ext"
}

authority authority
authority stranger
touch index.txt
echo 1000 > serial
signed server serverAuth "DNS:localhost,IP:127.0.0.1"
signed client clientAuth "DNS:client"
rm -f authority.key stranger.key ca.cnf index.txt* serial* 100*.pem
